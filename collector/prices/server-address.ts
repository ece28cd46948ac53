/** The host of a server address as senders write it: with or without scheme, port, path or brackets; lower case. */
export function hostOf(address: string): string {
  const bare = address
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '');
  const authority = bare.split(/[/?#]/, 1)[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  if (bracketed !== null) return bracketed[1] ?? '';
  const colons = host.split(':').length - 1;
  return colons === 1 ? host.slice(0, host.indexOf(':')) : host;
}

const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|lan|internal|home\.arpa)$/;

/** Loopback, link-local, private and shared (RFC 1918, 3927, 4193, 6598) addresses. */
const LOCAL_IPV4 =
  /^(?:0\.0\.0\.0$|127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const LOCAL_IPV6 = /^(?:::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/;

/** Whether a host is on this machine or its private network; a name without a dot is, as in a compose file. */
export function isLocalHost(host: string): boolean {
  if (host === '') return false;
  if (host.includes(':')) return LOCAL_IPV6.test(host) || LOCAL_IPV4.test(host.replace(/^::ffff:/, ''));
  if (/^[\d.]+$/.test(host)) return LOCAL_IPV4.test(host);
  return !host.includes('.') || LOCAL_NAMES.test(host);
}
