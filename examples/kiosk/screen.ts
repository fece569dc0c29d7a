import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { View } from './view.js';

/** A page on this machine that shows the last view. */
export interface Screen {
  readonly url: string;
  /** Show this from now on, on every page that is open. */
  show(view: View): void;
  /** Is over when the first page is open. */
  readonly opened: Promise<void>;
  close(): void;
}

/** A page that does not read so much is let go; the browser comes back by itself. Units: bytes. */
const maxUnread = 1_000_000;

const page = readFileSync(new URL('./page.html', import.meta.url));

/** @throws what `listen` throws, such as for a port that is in use. */
export async function openScreen(port: number, first: View): Promise<Screen> {
  const pages = new Set<ServerResponse>();
  const messageOf = (view: View): string => `data: ${JSON.stringify(view)}\n\n`;
  let last = messageOf(first);
  let hasOpened = (): void => {};
  const opened = new Promise<void>((resolve) => {
    hasOpened = resolve;
  });

  const server = createServer((request, response) => {
    // What people say is for this machine: no other site may pretend to be it.
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
      response.writeHead(403).end();
    } else if (request.url === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    } else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(last);
      pages.add(response);
      response.once('close', () => pages.delete(response));
      hasOpened();
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    show(view) {
      last = messageOf(view);
      for (const response of pages) {
        if (response.writableLength > maxUnread) response.destroy();
        else response.write(last);
      }
    },
    opened,
    close() {
      for (const response of pages) response.end();
      server.close();
    },
  };
}
