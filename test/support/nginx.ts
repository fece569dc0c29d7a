import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeCertificate } from './certificates.js';

/** An nginx in front of a service, as its operators run it: TLS and HTTP/2, with the probes at the same port. */
export interface Nginx {
  readonly target: string;
  /** Its certificate, which signs itself. */
  readonly certificate: string;
  /** New workers take over; the old ones finish what they have. */
  reload(): void;
  close(): Promise<void>;
}

/** Why no test with nginx can run here; undefined where one can. */
export function whyNoNginx(): string | undefined {
  const { error } = spawnSync('nginx', ['-v'], { stdio: 'ignore' });
  return error === undefined ? undefined : 'nginx is not installed here; apt-get install nginx-light';
}

/** @param readTimeoutMs - how long the service may be silent; operators allow 300 s. */
export async function startNginx(grpcPort: number, httpPort: number, readTimeoutMs: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-nginx-'));
  const { pem, keyPem } = makeCertificate({ commonName: 'localhost', names: ['localhost', '127.0.0.1'] });
  writeFileSync(join(folder, 'cert.pem'), pem);
  writeFileSync(join(folder, 'key.pem'), keyPem);
  for (const name of temporary) mkdirSync(join(folder, name));
  // Another program may take the port in between.
  for (let tries = 0; ; tries += 1) {
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, grpcPort, httpPort, readTimeoutMs));
    const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = (said + bytes.toString()).slice(-4000);
    });
    if (await answers(port, child)) {
      return {
        target: `localhost:${port}`,
        certificate: pem,
        reload: () => child.kill('SIGHUP'),
        async close() {
          const exited = once(child, 'exit');
          child.kill('SIGTERM');
          await exited;
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    child.kill('SIGKILL');
    if (tries === 3) throw new Error(`nginx does not start: ${said}`);
  }
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration(
  folder: string,
  port: number,
  grpcPort: number,
  httpPort: number,
  readTimeoutMs: number,
): string {
  const locations = ['health', 'status'].map(
    (name) => `location = /${name} { proxy_pass http://127.0.0.1:${httpPort}; }`,
  );
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ${locations.join('\n    ')}
    location / {
      grpc_pass grpc://127.0.0.1:${grpcPort};
      grpc_connect_timeout 2s;
      grpc_read_timeout ${readTimeoutMs}ms;
      grpc_send_timeout ${readTimeoutMs}ms;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Waits until it takes connections; false when it ends before, or takes too long. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  for (let looks = 0; looks < 200 && child.exitCode === null; looks += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.once('secureConnect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.once('secureConnect', () => socket.destroy());
    });
    if (open) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
