/** A kind of secret that can be told by its form. */
export interface SecretPattern {
  /** Stands in the place of what was found: `[REDACTED:kind]`. */
  kind: string;
  /**
   * Global. Where it has a group `secret`, only this is replaced. Must take time in proportion to the text: a run of
   * characters begins where no such character stands before it, and what has to follow is looked for within bounds.
   */
  pattern: RegExp;
  /** Source of a short expression, in any case, that a text must match for the pattern to be tried. */
  hint: string;
  /** Last word on what the pattern found. */
  isSecret?: (found: string) => boolean;
}

/** A run of at least `least` of the characters that keys consist of, with a digit near its start. */
const key = (prefix: string, least: number): RegExp =>
  new RegExp(`(?<![A-Za-z0-9_-])${prefix}(?=[A-Za-z_-]{0,200}[0-9])[A-Za-z0-9_-]{${least},}`, 'g');

const NAMES_OF_SECRETS =
  'passw(?:or)?d|passphrase|api[_-]?key|secret(?:[_-]?access)?[_-]?key|client[_-]?secret|(?:access|refresh|auth|session|bearer)[_-]?token|private[_-]?key|account[_-]?key';

/**
 * Secrets of known forms: what the issuers document, as collected by gitleaks/gitleaks:config/gitleaks.toml (8.x) and
 * GitHub's list of supported secret scanning patterns; only forms that hardly anything else has.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    kind: 'private-key',
    // Also inside JSON, where a line break is two characters, and where the text was cut before the end.
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,20000}(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    hint: 'private key',
  },
  // OpenAI, Anthropic, OpenRouter, DeepSeek, Langfuse and many others.
  { kind: 'api-key', pattern: key('sk-', 16), hint: 'sk-' },
  {
    kind: 'api-key',
    // Groq, xAI, Perplexity, Tavily, Replicate, Hugging Face, Jina, Nvidia, LangSmith.
    pattern:
      /(?<![A-Za-z0-9_-])(?:(?:gsk_|xai-|pplx-|tvly-(?:dev-|prod-)?|r8_|hf_|jina_)[A-Za-z0-9]{24,255}|(?:nvapi-|lsv2_[ps][tk]_)[A-Za-z0-9_-]{24,255})/g,
    hint: 'gsk_|xai-|pplx-|tvly-|r8_|hf_|jina_|nvapi-|lsv2_',
  },
  {
    kind: 'aws-key',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
    hint: 'akia|asia|abia|acca',
  },
  {
    kind: 'github-token',
    pattern: /(?<![A-Za-z0-9])(?:gh[oprsu]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})/g,
    hint: 'gho_|ghp_|ghr_|ghs_|ghu_|github_pat_',
  },
  {
    kind: 'gitlab-token',
    pattern: /(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{20,255}/g,
    hint: 'gl(?:pat|ptt|dt|rt|cbt)-',
  },
  {
    kind: 'slack-token',
    pattern:
      /(?<![A-Za-z0-9])(?:xox[abeoprs]-(?=[A-Za-z-]{0,40}[0-9])[A-Za-z0-9-]{10,255}|xapp-[0-9]-[A-Za-z0-9-]{10,255})/g,
    hint: 'xox|xapp-',
  },
  {
    kind: 'webhook-url',
    pattern:
      /hooks\.slack\.com\/(?:services|workflows)\/(?<secret>[A-Za-z0-9_/-]{20,255})|discord(?:app)?\.com\/api\/webhooks\/(?<secret2>[0-9]{10,30}\/[A-Za-z0-9_-]{20,255})/g,
    hint: 'hooks\\.slack\\.com|api/webhooks',
  },
  { kind: 'google-key', pattern: /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}/g, hint: 'aiza' },
  {
    kind: 'google-token',
    pattern: /(?<![A-Za-z0-9_-])(?:ya29\.[A-Za-z0-9_-]{20,2048}|GOCSPX-[A-Za-z0-9_-]{20,64})/g,
    hint: 'ya29\\.|gocspx-',
  },
  {
    kind: 'stripe-key',
    pattern: /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/=]{24,255})/g,
    hint: 'k_live_|k_test_|whsec_',
  },
  {
    kind: 'package-token',
    pattern:
      /(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,1024}|dckr_pat_[A-Za-z0-9_-]{20,64})/g,
    hint: 'npm_|pypi-|dckr_pat_',
  },
  {
    kind: 'sendgrid-key',
    pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/g,
    hint: 'sg\\.',
  },
  {
    kind: 'jwt',
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
    hint: 'eyj',
  },
  {
    kind: 'authorization',
    pattern:
      /(?<![A-Za-z])(?:Bearer|Basic)\s{1,4}(?<secret>(?=[A-Za-z._~+/-]{0,200}[0-9=])[A-Za-z0-9._~+/-]{12,}={0,2})/gi,
    hint: 'bearer|basic',
  },
  {
    kind: 'password',
    // The password in `scheme://user:password@host`.
    pattern: /(?<=[a-z0-9]:\/\/[^\s:@/"'\\]{0,256}:)(?<secret>[^\s@/"'\\]{1,512})(?=@)/gi,
    hint: '://',
  },
  {
    kind: 'signature',
    pattern:
      /[?&](?:access_token|refresh_token|id_token|api[_-]?key|apikey|token|sig|signature|client_secret|X-Amz-Signature|X-Amz-Credential|X-Goog-Signature)=(?<secret>[^&\s"'#\\]{6,4096})/gi,
    hint: 'token=|key=|sig=|signature=|secret=|credential=',
  },
  {
    kind: 'password',
    // `DB_PASSWORD=…`; with a colon or spaces, as prose and code have, only what has a digit.
    pattern: new RegExp(
      `(?:${NAMES_OF_SECRETS})(?:=|\\\\?["']?\\s{0,4}[=:](?=\\s{0,4}\\\\?["']?[^\\s"',;&}\\\\]{0,100}[0-9]))\\s{0,4}\\\\?["']?(?<secret>[^\\s"',;&}{[(\\\\][^\\s"',;&}\\\\]{5,512})`,
      'gi',
    ),
    hint: `(?:${NAMES_OF_SECRETS})\\\\?["']?\\s{0,4}[=:]`,
  },
  {
    kind: 'card-number',
    pattern: /(?<![A-Za-z0-9_.-])[2-6](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9_]|[.-][0-9])/g,
    hint: '[2-6](?:[ -]?[0-9]){12}',
    isSecret: isCardNumber,
  },
];

/** Keys whose values are secrets whatever they look like: `password`, `db.password`, `x-api-key`, `set-cookie` … */
const SECRET_KEY =
  /(?:^|[._\s-])(?:passw(?:or)?d|passphrase|pwd|secret|credentials?|api[_-]?key|apikey|secret[_-]?(?:access[_-]?)?key|client[_-]?secret|(?:access|refresh|auth|session|bearer|id|api|security)[_-]?token|private[_-]?key|authorization|proxy-authorization|cookie|set-cookie)$/i;

/** `accessToken`, `dbPassword`: the same in camel case. */
const SECRET_CAMEL_KEY =
  /(?:^|[a-z0-9])(?:[Pp]assword|[Pp]assphrase|[Ss]ecret|[Aa]piKey|[Ss]ecretKey|[Ss]ecretAccessKey|[Cc]lientSecret|(?:[Aa]ccess|[Rr]efresh|[Aa]uth|[Ss]ession|[Bb]earer|[Aa]pi)Token|[Pp]rivateKey)$/;

/** A cheap sign that a JSON text may have such a key. */
export const SECRET_KEY_HINT =
  /passw|passphrase|pwd|secret|credential|api[_-]?key|token"|token\\|private[_-]?key|authorization|cookie/i;

/** Whether what a key names is a secret by its name. */
export function isSecretKey(name: string): boolean {
  return SECRET_KEY.test(name) || SECRET_CAMEL_KEY.test(name);
}

/**
 * Whether digits are a card's: a length and a prefix that an issuer has (ISO/IEC 7812; Visa, Mastercard, American
 * Express, Discover, Diners, JCB), and the right check digit (Luhn). One in ten of other numbers of the kind passes.
 */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  const isIssued =
    /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12})$/.test(
      digits,
    );
  if (!isIssued || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - index));
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
