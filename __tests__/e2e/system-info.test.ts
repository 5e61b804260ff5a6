// info and version: what a person reads, and what tools ask for.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('info counts what is there, and answers Docker’s and Podman’s templates', async () => {
    await machine.ok('create', IMAGE, 'true');
    await machine.ok('run', '-d', '--network=none', IMAGE, 'sleep', '1000');
    const text = await machine.ok('system', 'info');
    for (const line of [' Containers: 2', '  Running: 1', '  Stopped: 1', ' Images: 1'])
      expect(text.split('\n')).toContain(line);
    const shown = JSON.parse(await machine.ok('info', '--format={{json .}}'));
    expect(shown).toMatchObject({
      Containers: 2,
      ContainersRunning: 1,
      ContainersPaused: 0,
      Images: 1,
      Driver: 'overlay',
      DockerRootDir: machine.root,
      NCPU: navigator.hardwareConcurrency,
      OSType: 'linux',
    });
    expect(await machine.ok('info', '-f', '{{.Containers}} {{.OSType}}')).toBe('2 linux');
    expect(await machine.ok('info', '-f', '{{.Host.Security.Rootless}}')).toBe(
      String(machine.who === 'user'),
    );
    expect(await machine.proa('info', '-f', '{{.NoSuch}}')).toMatchObject({ code: 1 });
  });

  test('version: the same words of client and server, since they are one', async () => {
    const { Client, Server } = JSON.parse(await machine.ok('version', '--format=json'));
    expect(Server.Version).toBe(Client.Version);
    expect(await machine.ok('version', '-f', '{{.Server.Version}} {{.Client.Os}}')).toBe(
      `${Client.Version} linux`,
    );
    expect(await machine.ok('--version')).toBe(`proa version ${Client.Version}`);
  });
});
