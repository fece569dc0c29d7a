import { isVoiceError } from 'earshot';
import type { ModelProgress } from 'earshot/adapters/model-store';
import type { Screen } from '../screen.js';

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const withoutCode = (message: string) => message.replace(/^\[\w+\] /, '');
/** On one line, whatever a hub says. */
const printable = (text: string) => text.replace(/\p{Cc}/gu, ' ');

/** Tells what is downloaded, from where and how much of it, before its first byte; then per cent. */
export function tellLoading(name: string, screen: Screen): (progress: ModelProgress) => void {
  let isComing = false;
  return (progress) => {
    switch (progress.type) {
      case 'download-announced': {
        isComing = true;
        const { id, source, folder, totalBytes } = progress;
        const size = totalBytes === null ? 'of a size that the hub does not tell' : megabytes(totalBytes);
        screen.tell(printable(`${name}: downloading ${id}, ${size}, from ${source} into ${folder}`));
        return;
      }
      case 'download-retried': {
        const { attempt, file, why } = progress;
        const text = printable(`${name}: attempt ${attempt} at ${file}, because ${withoutCode(why)}`);
        // Before anything has come, what was tried in vain is told at the end, once.
        if (isComing) screen.tell(text);
        else screen.progress(text, null);
        return;
      }
      case 'downloading': {
        const { receivedBytes, totalBytes } = progress;
        if (totalBytes === null) screen.progress(`${name}: ${megabytes(receivedBytes)}`, null);
        else
          screen.progress(
            `${name}: ${Math.floor((100 * receivedBytes) / totalBytes)} % of ${megabytes(totalBytes)}`,
            receivedBytes / totalBytes,
          );
        return;
      }
      default:
    }
  };
}

/**
 * Why a part cannot be had, as the end of a sentence.
 *
 * @throws the error itself when the user has to mend the command line, or when it is a bug.
 */
export function whyNot(error: unknown): string {
  if (!isVoiceError(error) || error.code === 'OPTION_INVALID') throw error;
  return printable(withoutCode(error.message));
}
