import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { GpgKeyring, gpgSign, gpgUserIds } from '../../../lib/oci/trust/gpg.ts';
import { GpgHome, withGpg } from './support/gpg-home.ts';

const TEXT = Buffer.from('{"a text": "to sign"}');

withGpg('signatures by gpg', () => {
  let home: GpgHome;
  const environment = process.env.GNUPGHOME;
  beforeAll(() => {
    home = new GpgHome();
    home.addKey('Alice <alice@example.com>');
    home.addKey('Bob: the second <bob@example.com>', { passphrase: 'secret' });
    process.env.GNUPGHOME = home.path;
  });
  afterAll(() => {
    home[Symbol.dispose]();
    if (environment === undefined) delete process.env.GNUPGHOME;
    else process.env.GNUPGHOME = environment;
  });

  const verify = async (signature: Uint8Array, ...keys: Uint8Array[]): Promise<string> => {
    await using keyring = await GpgKeyring.open(keys);
    return (await keyring.verify(signature)).bytes.toString();
  };
  const refused = (why: string) =>
    expect.objectContaining({ code: 'INVALID_SIGNATURE', message: `verify signature: ${why}` });

  test('what is signed is verified, by a key in armor or not, among others; nothing stays', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('proa-gpg-'));
    const signature = await gpgSign(TEXT, { key: 'alice@example.com' });
    const [alice, bob] = [home.export('alice@example.com', '--armor'), home.export('bob@example.com')];
    expect(await verify(signature, alice)).toBe(TEXT.toString());
    expect(await verify(signature, bob, home.export('alice@example.com'))).toBe(TEXT.toString());
    await using keyring = await GpgKeyring.open([alice]);
    const fingerprint = home
      .run(['--with-colons', '-k', 'alice'])
      .toString()
      .match(/^fpr:+(\w+):/m)![1];
    expect((await keyring.verify(signature)).fingerprint).toBe(fingerprint);
    await keyring[Symbol.asyncDispose]();
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('proa-gpg-'))).toEqual(before);
  });

  test("a passphrase comes from a file's first line; a key that is not there is named", async () => {
    const file = `${home.path}/passphrase`;
    writeFileSync(file, 'secret\nsomething else');
    const signature = await gpgSign(TEXT, { key: 'bob@example.com', passphraseFile: file });
    expect(await verify(signature, home.export('bob@example.com'))).toBe(TEXT.toString());
    await expect(gpgSign(TEXT, { key: 'eve@example.com' })).rejects.toMatchObject({
      code: 'GPG_FAILED',
      message: expect.stringContaining(
        'sign as eve@example.com: gpg: skipped "eve@example.com": No secret key',
      ),
    });
  });

  test('a key of the user alone does not count', async () => {
    const signature = await gpgSign(TEXT, { key: 'alice@example.com' });
    await expect(verify(signature, home.export('bob@example.com'))).rejects.toEqual(
      refused('it is by a key that is not trusted here'),
    );
  });

  test('a changed byte', async () => {
    const alice = home.export('alice@example.com');
    // Not compressed, so that the text can be changed and the packets stay whole.
    const signature = home.run(
      ['--compress-algo', 'none', '--local-user', 'alice@example.com', '--sign'],
      TEXT,
    );
    expect(await verify(signature, alice)).toBe(TEXT.toString());
    const forged = Buffer.from(signature.toString('latin1').replace('to sign', 'to sigh'), 'latin1');
    await expect(verify(forged, alice)).rejects.toEqual(
      refused('it is forged: it does not belong to its text'),
    );
  });

  test.each<[string, (home: GpgHome) => Uint8Array]>([
    ['nothing', () => Buffer.alloc(0)],
    ['plain text', () => TEXT],
    ['a literal without a signature', (at) => at.run(['--store'], TEXT)],
    [
      'a signature without its text',
      (at) => at.run(['--local-user', 'alice@example.com', '--detach-sign'], TEXT),
    ],
    ['a key', (at) => at.export('alice@example.com')],
    ['two signatures', (at) => at.run(['-u', 'alice@example.com', '-u', 'dora@example.com', '--sign'], TEXT)],
  ])('%s is no signed message', async (_, make) => {
    if (!home.run(['-k', '--with-colons']).includes('dora')) home.addKey('dora@example.com');
    const keys = [home.export('alice@example.com'), home.export('dora@example.com')];
    await expect(verify(make(home), ...keys)).rejects.toMatchObject({ code: 'INVALID_SIGNATURE' });
  });

  test('a key that has expired, a signature that has, and a key that is revoked', async () => {
    using old = new GpgHome();
    old.addKey('old@example.com', { at: '20200101', expires: '1d' });
    const then = ['--faked-system-time', '20200101T010000', '-u', 'old@example.com'];
    const byOld = old.run([...then, '--sign'], TEXT);
    await expect(verify(byOld, old.export('old@example.com'))).rejects.toEqual(
      refused('its key has expired'),
    );

    using other = new GpgHome();
    other.addKey('other@example.com', { at: '20200101' });
    const past = ['--faked-system-time', '20200101T010000', '-u', 'other@example.com'];
    const short = other.run([...past, '--default-sig-expire', '1d', '--sign'], TEXT);
    const key = other.export('other@example.com');
    await expect(verify(short, key)).rejects.toEqual(refused('it has expired'));
    const lasting = other.run([...past, '--sign'], TEXT);
    expect(await verify(lasting, key)).toBe(TEXT.toString());
    other.run(['--import'], other.revocation());
    await expect(verify(lasting, other.export('other@example.com'))).rejects.toEqual(
      refused('its key is revoked'),
    );
  });

  test('what is no key', async () => {
    await expect(GpgKeyring.open([TEXT])).rejects.toMatchObject({ code: 'GPG_FAILED' });
  });

  test('whose keys they are', async () => {
    expect(await gpgUserIds([home.export('alice'), home.export('bob')])).toEqual([
      'alice@example.com',
      'bob@example.com',
    ]);
    expect(await gpgUserIds([TEXT])).toEqual([]);
  });
});
