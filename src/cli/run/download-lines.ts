import type { ModelProgress } from '../../adapters/model-store/index.js';
import { printable } from '../printable.js';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
/** A line for each tenth: a log is read later. Units: per cent. */
const stepPercent = 10;

/** Tells how downloads of models go: what comes, from where and how much of it, before its first byte; then each tenth of it. */
export function tellDownloads(tell: (text: string) => void): (what: string, progress: ModelProgress) => void {
  const told = new Map<string, number>();
  return (what, progress) => {
    switch (progress.type) {
      case 'download-announced': {
        const { id, source, folder, totalBytes } = progress;
        const size = totalBytes === null ? 'of a size that the hub does not tell' : megabytes(totalBytes);
        told.set(what, 0);
        tell(printable(`${what}: downloading ${id}, ${size}, from ${source} into ${folder}`));
        return;
      }
      case 'download-retried':
        tell(printable(`${what}: attempt ${progress.attempt} at ${progress.file}, because ${progress.why}`));
        return;
      case 'downloading': {
        const { receivedBytes, totalBytes } = progress;
        if (totalBytes === null || totalBytes === 0) return;
        const percent = stepPercent * Math.floor((100 * receivedBytes) / totalBytes / stepPercent);
        if (percent <= (told.get(what) ?? 0)) return;
        told.set(what, percent);
        tell(`${what}: ${percent} % of ${megabytes(totalBytes)}`);
        return;
      }
      default:
    }
  };
}
