const linesOfQuery = 5;
/** How far below a query may be run. */
const linesBelow = 16;
const longestLead = 200;

/** Where a finding stands: the line that it is in with the one before, the text up to it, and the text from its line on. */
interface Place {
  readonly path: string;
  readonly text: string;
  readonly around: string;
  readonly before: string;
  readonly after: string;
}

/** Cases of a rule in which it is no sign of anything. */
export function isIdiom(rule: string, message: string, { path, text, around, before, after }: Place): boolean {
  switch (rule) {
    // A package's own modules, and names that a module makes when they are asked for.
    case 'F822':
      return path.endsWith('__init__.py') || /^(def )?__getattr__\b/m.test(text);
    // Whoever told the type checker to be silent about a name knows that it is not declared here.
    case 'F821':
      return message.includes('`__path__`') || /#\s*type:\s*ignore.*\n?$/.test(around);
    // What was pickled a moment ago is one's own, and a table that a tool reads is a matter of its file.
    case 'S301':
      return /\bdumps\s*\(|\bread_pickle\s*\(/.test(around);
    // Most sums are to tell texts apart; what stands for a secret must not be guessed from one.
    case 'S324':
      return !secretName.test(around) && !secretName.test(before.match(/^[ \t]*(?:async )?def (\w+)/gm)?.at(-1) ?? '');
    // Of a loader that the project has made, its name says nothing.
    case 'S506':
      return /unsafe loader `(?!C?(?:Unsafe|Full)?Loader`)/.test(message);
    // Who gives a filter has thought of it; a mapping has any names.
    case 'S202':
      return /\bfilter\s*=/.test(firstLines(after, linesOfQuery));
    case 'S604':
      return /^\s*(?:\w+\s*=\s*)?dict\s*\(/.test(after);
    // A text that looks like a query is one where it is given to something that runs queries. Names of tables cannot be given in
    // another way, so it takes a value; where values have their places in it, what is put in beside them are names.
    case 'S608': {
      const query = firstLines(after, linesOfQuery);
      return !isExecuted(before, after) || !valuePutIn.test(query) || /%%s|\bquote\w*\(/.test(query);
    }
    // To import a debugger is not to stop in it.
    case 'T100':
      return message.startsWith('Import');
    default:
      return message.includes('seems safe');
  }
}

const secretName = /passw(?:or)?d|passphrase|passcode|secret|credential|api_?key/i;
/** Where a query has a value: a mark that formatting fills in, or the end of a text that something is added to. */
const valuePutIn =
  /(?:[=<>]|\bLIKE\b|\bIN\s*\(|\bVALUES\s*\(|\bLIMIT\b|\bOFFSET\b|\bBETWEEN\b)\s*['"]?%*(?:%s|%\(|\{|['"]{1,3}\s*[+%])/i;
const executes = 'execute|executemany|executescript|raw|read_sql\\w*';

/** Given to what runs queries at once, or by the name that it gets there, some lines below. */
function isExecuted(before: string, after: string): boolean {
  const lead = before.slice(-longestLead);
  const inCall = new RegExp(`\\b(?:${executes})\\s*\\(\\s*(?:[\\w.]+\\s*\\(\\s*)*(?:\\w+\\s*=\\s*)?$`);
  if (inCall.test(lead)) return true;
  const name = /(?:^|\n)[ \t]*(\w+)\s*(?::[^=\n]+)?\+?=\s*\(?\s*$/.exec(lead)?.[1];
  const run = new RegExp(`\\b(?:${executes})\\s*\\(\\s*${name}\\b`);
  return name !== undefined && run.test(firstLines(after, linesBelow));
}

function firstLines(text: string, count: number): string {
  return text.split('\n', count).join('\n');
}
