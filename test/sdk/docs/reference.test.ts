import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Logger, LogLevel, ReflectionKind, TSConfigReader, TypeDocReader } from 'typedoc';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

class CollectingLogger extends Logger {
  readonly messages: string[] = [];

  constructor() {
    super();
    this.level = LogLevel.Warn;
  }

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.messages.push(message);
  }
}

test('every exported symbol is documented, and every link in a doc comment leads somewhere', async () => {
  const app = await Application.bootstrap({ options: ROOT, skipErrorChecking: true }, [
    new TypeDocReader(),
    new TSConfigReader(),
  ]);
  const logger = new CollectingLogger();
  app.logger = logger;
  const project = await app.convert();
  if (project === undefined) throw new Error(`typedoc gave up: ${logger.messages.join('\n')}`);
  const modules = project.getReflectionsByKind(ReflectionKind.Module).map(({ name }) => name);
  expect(modules.toSorted()).toEqual(['index', 'testing']);
  expect(project.getReflectionsByKind(ReflectionKind.Function).length).toBeGreaterThan(40);
  app.validate(project);
  expect(logger.messages.map((message) => message.replaceAll(path.sep, '/'))).toEqual([]);
}, 240_000);
