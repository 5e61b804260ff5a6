import { describeAs, IMAGE } from './support/machine.ts';
import { refused } from './support/refused.ts';

describeAs(['root', 'user'], (machine) => {
  // With what the first container makes for all.
  beforeAll(() => machine.shOk('true'));

  describe('commands and options', () => {
    test.each([
      [['rnu', IMAGE], /rnu.*not a (proa )?command/i, /\brun\b/],
      [['container', 'strat', 'x'], /strat/, /\bstart\b/],
      [['imags'], /imags/, /\bimages\b/],
      [['utterly-unknown'], /utterly-unknown/, /--help/],
    ])('unknown: %j', async (words, says, hint) => {
      const err = await refused(machine, words, 1);
      expect(err).toMatch(says);
      expect(err).toMatch(hint);
    });

    test.each([
      [['run', '--nonsense', IMAGE], /unknown flag: --nonsense/],
      [['run', '--nmae=x', IMAGE], /--nmae/],
      [['run', '-Z', IMAGE], /-Z/],
      [['ps', '--format'], /--format/],
      [['run', '--memory=lots', IMAGE], /lots.*memory/],
      [['run', '--pids-limit=few', IMAGE], /few.*pids-limit/],
      [['run', '--ulimit=nofile', IMAGE], /nofile/],
      [['run', '--stop-signal=SIGNONE', IMAGE], /SIGNONE/],
      [['run', '--restart=sometimes', IMAGE], /sometimes.*restart/],
      [['run', '--restart=always:3', IMAGE], /always:3/],
      [['run', '--env-file=/nowhere', IMAGE], /\/nowhere/],
      [['run', '--detach-keys=hyper-x', IMAGE], /hyper-x/],
      [['run', '--cap-add=FLY', IMAGE], /FLY/i],
      [['run', '--pull=never', '--platform=toaster/x', IMAGE], /toaster/],
      [['run', '-e', '=x', IMAGE], /=x/],
      [['run'], /at least 1 argument|requires/],
      [['start'], /at least 1 argument|requires/],
      [['pull'], /at least 1 argument|requires/],
    ])('%j', async (words, says) => {
      expect(await refused(machine, words, words.length === 1 ? 1 : 125)).toMatch(says);
    });
  });

  describe('references', () => {
    test.each([
      ['team/UPPER', /UPPER/],
      ['bad name', /bad name/],
      ['a:b:c', /a:b:c/],
      ['x@sha256:123', /x@sha256:123|digest/],
      ['x@md5:d41d8cd98f00b204e9800998ecf8427e', /md5|digest/],
      ['/leading', /\/leading/],
      ['', /empty/],
    ])('%j', async (name, says) => {
      expect(await refused(machine, ['pull', '-q', name], 1)).toMatch(says);
      expect(await refused(machine, ['run', '--rm', name, 'true'], 125)).toMatch(says);
    });

    test('an image that is not here and may not be pulled', async () => {
      expect(await refused(machine, ['run', '--rm', '--pull=never', 'nobody/knows:it'], 125)).toMatch(
        /nobody\/knows:it.*\n.*proa pull nobody\/knows:it/,
      );
    });
  });

  describe('mounts', () => {
    test.each([
      ['-v=/a:/b:/c:/d', /invalid volume specification: '\/a:\/b:\/c:\/d'/],
      ['-v=:/x', /:\/x: empty section between colons/],
      ['-v=/etc:/x:nonsense', /nonsense/],
      ['-v=data:relative', /relative/],
      ['-v=bad name:/x', /bad name/],
      ['--tmpfs=relative', /relative/],
      ['-v=/proc/nothing/here:/x', /\/proc\/nothing/],
    ])('%s', async (option, says) => {
      expect(await refused(machine, ['run', '--rm', '--network=none', option, IMAGE, 'true'], 125)).toMatch(
        says,
      );
    });

    test('two on one place', async () => {
      const words = ['run', '--rm', '--network=none', '-v=one:/x', '-v=two:/x', IMAGE, 'true'];
      expect(await refused(machine, words, 125)).toMatch(/Duplicate mount point: \/x/);
    });

    test('a file on a folder', async () => {
      const words = ['run', '--rm', '--network=none', '-v=/etc/hostname:/etc', IMAGE, 'true'];
      expect(await refused(machine, words, 125)).toMatch(/\/etc/);
    });
  });
});
