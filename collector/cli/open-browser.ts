import { spawn } from 'node:child_process';
import type { Config } from '../config.js';
import type { Io } from './io.js';

/** Whether somebody sits in front of a screen here: a terminal that is not remote and no build machine. */
export function wantsBrowser(config: Config, { stdout, env }: Io, platform: NodeJS.Platform): boolean {
  if (config.noOpen || stdout.isTTY !== true || env['CI'] || env['SSH_CONNECTION']) return false;
  return platform === 'darwin' || platform === 'win32' || Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
}

/** Opens a page in the user's browser; where there is none, nothing happens. */
export function openBrowser(url: string, platform: NodeJS.Platform): void {
  const options = { stdio: 'ignore', detached: true } as const;
  const browser =
    platform === 'win32'
      ? spawn('cmd', ['/c', 'start', '', url], options)
      : spawn(platform === 'darwin' ? 'open' : 'xdg-open', [url], options);
  browser.on('error', () => undefined);
  browser.unref();
}
