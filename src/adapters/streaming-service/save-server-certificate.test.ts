import { createServer as createTcpServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.js';
import { type Listener, listen } from '../../../test/support/listener.js';
import { fetchServerCertificate } from './fetch-server-certificate.js';
import { saveServerCertificate } from './save-server-certificate.js';
import { resolveTrust } from './trust.js';

const authority = makeCertificate({ commonName: 'authority', authority: true });
const issued = makeCertificate({
  commonName: 'issued',
  names: ['localhost', '127.0.0.1'],
  issuer: authority,
});
const selfSigned = makeCertificate({ commonName: 'self' });

const started: Listener[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function start(server: Server): Promise<string> {
  const listener = await listen(server);
  started.push(listener);
  return listener.target;
}

const startTls = ({ pem, keyPem }: { pem: string; keyPem: string }, options = {}) => {
  const server = createTlsServer({ cert: pem, key: keyPem, ...options }, (socket) =>
    socket.on('error', () => {}),
  );
  server.on('tlsClientError', () => {});
  return start(server);
};

describe('fetchServerCertificate', () => {
  it('gives what the service shows, whoever has signed it', async () => {
    const certificate = await fetchServerCertificate(await startTls(selfSigned));

    expect(certificate).toMatchObject({
      fingerprint256: selfSigned.fingerprint,
      subject: 'CN=self',
      issuer: 'CN=self',
      names: [],
      selfSigned: true,
    });
    expect(certificate.pem.trim()).toBe(selfSigned.pem.trim());
    expect(certificate.validTo.getTime()).toBeGreaterThan(certificate.validFrom.getTime());
    expect(() => resolveTrust({ rootCertificates: certificate.pem })).not.toThrow();
  });

  it('tells who signed it, and what names it is for', async () => {
    expect(await fetchServerCertificate(await startTls(issued))).toMatchObject({
      subject: 'CN=issued',
      issuer: 'CN=authority',
      names: ['localhost', '127.0.0.1'],
      selfSigned: false,
    });
  });

  it('asks for the name that it is given', async () => {
    const asked: string[] = [];
    const target = await startTls(selfSigned, {
      SNICallback: (name: string, done: (error: null) => void) => {
        asked.push(name);
        done(null);
      },
    });

    await fetchServerCertificate(target, { serverName: 'voice.example.com' });
    await fetchServerCertificate(target);

    expect(asked).toEqual(['voice.example.com']);
  });

  it('tells of a port that speaks no TLS, of nobody, and of silence', async () => {
    const nobody = await listen(createTcpServer());
    await nobody.close();
    const plain = await start(createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const mute = await start(createTcpServer());

    await expect(fetchServerCertificate(plain)).rejects.toMatchObject({ code: 'UPSTREAM_TLS_UNEXPECTED' });
    await expect(fetchServerCertificate(nobody.target)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    });
    await expect(fetchServerCertificate(mute, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
  });

  it.each([
    ['localhost', {}, /fetchServerCertificate: target must be host:port/],
    ['a:1', { timeoutMs: 0 }, /timeoutMs must be a whole number from 100 to 60000 ms/],
    ['a:1', { serverName: 'a:1' }, /serverName must be a host name/],
  ])('refuses %j with %j', async (target, options, expected) => {
    await expect(fetchServerCertificate(target, options)).rejects.toThrow(expected);
  });
});

describe('saveServerCertificate', () => {
  /** Somebody who answers this. */
  function person(answer: string | undefined) {
    const lines: string[] = [];
    const questions: string[] = [];
    const files = new Map<string, string>();
    const io = {
      print: (line: string) => void lines.push(line),
      ask: async (question: string) => {
        questions.push(question);
        return answer;
      },
      writeFile: async (file: string, text: string) => void files.set(file, text),
    };
    return { lines, questions, files, io };
  }

  it('shows the fingerprint before it asks, and writes what was shown on a yes', async () => {
    const { lines, questions, files, io } = person('yes');
    const target = await startTls(selfSigned);

    const { written, certificate } = await saveServerCertificate({ target, file: 'pin.pem' }, io);

    expect(written).toBe(true);
    expect(lines).toContain(`  SHA-256  ${selfSigned.fingerprint}`);
    expect(questions).toEqual([expect.stringContaining('Write it to pin.pem? [y/N]')]);
    expect([...files]).toEqual([['pin.pem', certificate.pem]]);
    expect(certificate.fingerprint256).toBe(selfSigned.fingerprint);
  });

  it.each(['', 'n', 'no', 'maybe', 'yesterday'])('writes nothing on %j', async (answer) => {
    const { lines, files, io } = person(answer);

    const { written } = await saveServerCertificate({ target: await startTls(selfSigned), file: 'x' }, io);

    expect([written, files.size, lines.at(-1)]).toEqual([false, 0, 'nothing was written']);
  });

  it('asks nothing when it was told yes, or when the fingerprint is the expected one', async () => {
    const target = await startTls(issued);
    for (const consent of [{ yes: true }, { fingerprint: issued.fingerprint.toLowerCase() }]) {
      const { questions, files, io } = person(undefined);
      await saveServerCertificate({ target, file: 'x', ...consent }, io);
      expect([questions, files.size]).toEqual([[], 1]);
    }
  });

  it('writes nothing, whatever it was told, when the fingerprint is not the expected one', async () => {
    const { lines, files, io } = person('yes');
    const target = await startTls(selfSigned);

    const { written } = await saveServerCertificate(
      { target, file: 'x', yes: true, fingerprint: issued.fingerprint },
      io,
    );

    expect([written, files.size]).toEqual([false, 0]);
    expect(lines).toContain('this is NOT the fingerprint that was expected');
  });

  it('fails with a way out where there is nobody to ask', async () => {
    const { files, io } = person(undefined);

    await expect(
      saveServerCertificate({ target: await startTls(selfSigned), file: 'x' }, io),
    ).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('nobody to ask'),
    });
    expect(files.size).toBe(0);
  });

  it('refuses a fingerprint that is none before it goes anywhere', async () => {
    const { lines, io } = person('yes');

    await expect(saveServerCertificate({ target: 'a:1', file: 'x', fingerprint: 'abc' }, io)).rejects.toThrow(
      /fingerprint must be a SHA-256/,
    );
    expect(lines).toEqual([]);
  });
});
