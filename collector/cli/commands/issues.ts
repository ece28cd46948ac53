import type { Command } from 'commander';
import type { IssueGroup } from '../../contract/answers.js';
import { routes } from '../../contract/routes.js';
import { addConnectionOptions, connect, present, type ConnectionOptions } from '../connection.js';
import type { Io } from '../io.js';
import { endPage } from '../page-end.js';
import { addQueryOptions, readQueryOptions } from '../query-options.js';
import { renderIssueSummary, renderIssueTable } from '../render/issue-table.js';

const EXAMPLES = `
Examples:
  spanledger issues --from 24h
  spanledger issues --list --service support-desk --code ATTRIBUTE_JSON_INVALID`;

const NONE = 'No ingest issues.';

export function addIssuesCommand(program: Command, io: Io): void {
  const command = program
    .command('issues')
    .description('what was refused, repaired or not understood, by sender, and what to change there')
    .option('--list', 'each issue, newest first, instead of the summary')
    .addHelpText('after', EXAMPLES);
  addQueryOptions(addConnectionOptions(command), routes.ingest.issues);
  command.action(async (options: ConnectionOptions & { list?: boolean }) => {
    const { limit, cursor, ...filter } = readQueryOptions(command, routes.ingest.issues);
    const { client } = connect(options, io);
    const isCodeKnown =
      filter.code === undefined ||
      options.json === true ||
      (await client.ingest.issues({ code: filter.code, limit: 1 })).data.length > 0;
    if (!isCodeKnown) {
      present(await client.ingest.summary(), options, io, ({ data }) =>
        describeUnknown(filter.code ?? '', data),
      );
      return;
    }
    if (options.list === true) {
      present(await client.ingest.issues({ ...filter, limit, cursor }), options, io, (page, canvas) =>
        page.data.length === 0
          ? NONE
          : renderIssueTable(page.data, canvas) + endPage(page.next_cursor, canvas),
      );
    } else {
      present(await client.ingest.summary(filter), options, io, ({ data }, canvas) =>
        data.length === 0 ? NONE : renderIssueSummary(data, canvas),
      );
    }
  });
}

/** A code that no issue has, and those that some have. */
function describeUnknown(code: string, groups: readonly IssueGroup[]): string {
  const codes = [...new Set(groups.map((group) => group.code))];
  const others = codes.length === 0 ? '' : `; there are ${codes.join(', ')}`;
  return `No ingest issue has the code ${code}${others}.`;
}
