import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { maskText, maskValue } from './masking.ts';

/** Assembled here, so that no scanner takes this file for a leak. */
const secrets = [
  `ghp_${'a1B2c3D4e5'.repeat(4)}`,
  `github_pat_${'a1B2c3D4e5'.repeat(4)}`,
  `sk-ant-${'a1B2c3D4e5'.repeat(3)}`,
  `npm_${'a1B2c3D4e5'.repeat(4)}`,
  `AKIA${'ABCD1234EFGH5678'}`,
  `xoxb-${'1234567890-abcdef'}`,
  `eyJhbGciOiJI.${'eyJzdWIiOiIx'}.${'c2lnbmF0dXJl'}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA\n'.repeat(3)}-----END RSA PRIVATE KEY-----`,
];

describe('masking', () => {
  it('takes out every known shape of credential, wherever it stands', () => {
    for (const secret of secrets) {
      const masked = maskText(`before ${secret} after`);
      assert.ok(!masked.includes(secret), secret);
      assert.match(masked, /^before .*after$/s);
    }
  });

  it('keeps what helps a reader: the name, the scheme, the host', () => {
    assert.equal(maskText('password=hunter22!'), 'password=[masked]');
    assert.equal(maskText('API_KEY: "abcdefgh"'), 'API_KEY: "[masked]"');
    assert.equal(maskText('https://user:pass@host/path'), 'https://[masked]@host/path');
    assert.equal(maskText('Authorization: Bearer abcdefghijklmnop'), 'Authorization: Bearer [masked]');
  });

  it('leaves ordinary text alone', () => {
    for (const text of [
      'token of love',
      'a/b:c@d',
      'the secret garden',
      'sk-8 board',
      '/src/pk-internationalization-service/index.js',
      '1 !== 2',
      'passwords are bad',
    ]) {
      assert.equal(maskText(text), text);
    }
  });

  it('changes nothing when repeated, and keeps the shape of a value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...secrets), (value, secret) => {
        const masked = maskValue({ value, list: [secret, { deep: `x ${secret}` }] });
        assert.deepEqual(maskValue(masked), masked);
        assert.ok(!JSON.stringify(masked).includes(secret.slice(-12)));
        assert.deepEqual(Object.keys(masked), ['value', 'list']);
      }),
    );
  });
});
