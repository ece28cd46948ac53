import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A block of TypeScript in a page. */
export interface DocExample {
  /** The page, from the root of the repository. */
  page: string;
  /** The line of its first line, from 1. */
  line: number;
  /** With what a comment `<!-- given: … -->` before it declares, on a line of its own. */
  code: string;
}

/** The blocks that say `ts`; those of packages that are not installed here say `js`. */
export function listExamples(page: string): DocExample[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const blocks = text.matchAll(/(?:<!-- given: ([^]*?) -->\s*)?^```ts\n([^]*?)^```$/gm);
  return [...blocks].map(({ 0: whole, 1: given = '', 2: code = '', index }) => ({
    page,
    line: text.slice(0, index + whole.indexOf('```ts')).split('\n').length + 1,
    code: `${given}\n${code}`,
  }));
}

/** What the compiler, with our settings, says against examples as modules of a user of the package. */
export function checkExamples(examples: readonly DocExample[]): string[] {
  const files = new Map(
    examples.map((example) => [path.join(ROOT, 'docs', `${example.page}.${example.line}.ts`), example]),
  );
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config,
    ts.sys,
    ROOT,
  );
  const disk = ts.createCompilerHost(options);
  const read = (file: string) => files.get(file)?.code;
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => files.has(file) || disk.fileExists(file),
    readFile: (file) => read(file) ?? disk.readFile(file),
    getSourceFile: (file, languageVersion, ...rest) => {
      const code = read(file);
      return code === undefined
        ? disk.getSourceFile(file, languageVersion, ...rest)
        : ts.createSourceFile(file, code, languageVersion);
    },
  };
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: { ...options, paths: PATHS },
    host,
  });
  return [...files].flatMap(([file, { page, line }]) => {
    const source = program.getSourceFile(file);
    if (source === undefined) throw new Error(`${file} was not compiled`);
    return ts.getPreEmitDiagnostics(program, source).map(({ start = 0, messageText }) => {
      const { line: inside } = source.getLineAndCharacterOfPosition(start);
      return `${page}:${line + inside - 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
  });
}

/** The package as its users name it, as it is in the sources. */
const PATHS = {
  spanledger: [path.join(ROOT, 'src/index.ts')],
  'spanledger/testing': [path.join(ROOT, 'src/testing.ts')],
  'spanledger/client': [path.join(ROOT, 'collector/client/client.ts')],
  'spanledger/collector': [path.join(ROOT, 'collector/collector.ts')],
};
