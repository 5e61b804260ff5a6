import { readHelp } from '../../../scripts/peers/read-help.ts';

test("Docker's help", () => {
  const text = `
Usage:  docker container ls [OPTIONS]

List containers

Aliases:
  docker container ls, docker container list, docker ps

Options:
  -a, --all             Show all containers (default shows just running)
  -n, --last int        Show n last created containers (includes all
                        states) (default -1)
      --no-trunc        Don't truncate output
`;
  expect(readHelp(text, 'docker', 'container ls')).toEqual({
    summary: 'List containers',
    usage: '[OPTIONS]',
    subcommands: [],
    aliases: ['container ls', 'container list', 'ps'],
    options: { all: '-a', last: '-n int', 'no-trunc': '' },
  });
});

test("Podman's help", () => {
  const text = `Run it

Description:
  It runs.

Usage:
  podman run [options] IMAGE

Examples:
  podman run --rm x

Options:
      --detach-keys [a-Z]    Keys: one of
                             --this
      --systemd string[="true"]   Mode
  -h, --help                 No option
`;
  const help = readHelp(text, 'podman', 'run');
  expect(help).toMatchObject({ summary: 'Run it', usage: '[options] IMAGE', aliases: [] });
  expect(help.options).toEqual({ 'detach-keys': '[a-Z]', systemd: 'string[=]' });
});

test('a group has its commands, of whatever heading', () => {
  const text = `Usage:  docker COMMAND

Does it

Common Commands:
  run         Run

Swarm Commands:
  swarm       Manage
  app*        A plugin
  help        Help about any command
`;
  expect(readHelp(text, 'docker', '').subcommands).toEqual(['run', 'swarm', 'app']);
});
