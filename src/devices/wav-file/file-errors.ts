import { DeviceError, type ErrorCode } from '../../core/errors.js';

/** What is said of a path, by the code of Node's file system error. What is not listed is `DEVICE_BACKEND`. */
const reasons: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['DEVICE_NOT_FOUND', 'does not exist'],
  ENOTDIR: ['DEVICE_NOT_FOUND', 'does not exist, because a part of it is a file and no folder'],
  EISDIR: ['DEVICE_NOT_FOUND', 'is a folder'],
  ENODEV: ['DEVICE_NOT_FOUND', 'is no regular file'],
  EACCES: ['DEVICE_PERMISSION_DENIED', 'is not allowed to this account'],
  EPERM: ['DEVICE_PERMISSION_DENIED', 'is not allowed to this account'],
  EROFS: ['DEVICE_PERMISSION_DENIED', 'is on a file system that cannot be written to'],
  ENOSPC: ['DEVICE_BACKEND', 'does not fit on the disk any more'],
};

const remedies = {
  read: 'give the path of a WAV file that can be read',
  write: 'give a path in an existing folder that can be written to',
} as const;

/** Say in one sentence why a file cannot be read or written. */
export function fileError(path: string, use: 'read' | 'write', cause: unknown): DeviceError {
  const errno = (cause as { readonly code?: unknown } | null)?.code;
  const [code, reason] = reasons[String(errno)] ?? ['DEVICE_BACKEND', `cannot be used (${String(errno)})`];
  // A file that is to be made never exists; what is missing then is its folder.
  const what = use === 'write' && errno === 'ENOENT' ? `the folder of ${path}` : path;
  return new DeviceError(code, `${what} ${reason}; ${remedies[use]}`, { cause });
}
