/** The version that spans name as that of their scope. A constant, so that bundlers can follow it; a test compares it with package.json. */
export const VERSION = '0.1.0';
