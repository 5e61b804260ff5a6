/**
 * Which test uses which option: the command lines in the sources of the end-to-end tests. The sources are parsed, not
 * run, so a word that only a run can know is `undefined`; a helper of the test's own file is followed to the line that
 * it makes of its arguments. A line that is made in another way is not seen: the page then says "no test of its own",
 * never more than is true.
 */
import { parse } from '@babel/parser';
import type { Command, OptionTable } from '../../lib/cli/command.ts';

/** A command line of a test, without the program. */
export interface TestLine {
  test: string;
  words: Word[];
}

type Word = string | undefined;
// biome-ignore lint/suspicious/noExplicitAny: a node of the syntax tree; what is used of it is checked by its type.
type Node = any;
/** What the names in sight stand for. */
type Scope = ReadonlyMap<string, readonly Word[]>;

/** How the methods of `Machine` (__tests__/e2e/support/machine.ts) make a command line of their arguments. */
const CALLS = new Map<string, (args: Word[][]) => Word[]>([
  ['ok', (args) => args.flat()],
  ['proa', (args) => args.flat()],
  ['start', (args) => args.flat()],
  ['command', (args) => args.flat()],
  ['terminal', (args) => args[0] ?? []],
  ['proaWith', (args) => args.slice(1).flat()],
  ['proaBytes', (args) => args.slice(1).flat()],
  ['sh', (args) => ['run', '--rm', '--network=none', ...args.slice(1).flat()]],
  ['shOk', (args) => ['run', '--rm', '--network=none', ...args.slice(1).flat()]],
  ['inspect', () => ['container', 'inspect', '--format=x']],
]);

/** Helpers that follow each other deeper than this are one that calls itself. */
const DEEPEST = 4;

/** Every command line of one test file's source, with the title of its test. */
export function testLines(source: string): TestLine[] {
  const { program } = parse(source, {
    sourceType: 'module',
    plugins: ['typescript', 'explicitResourceManagement'],
  });
  const reader = new LineReader(program);
  reader.visit(program, new Map(), '', 0);
  return reader.lines;
}

class LineReader {
  readonly lines: TestLine[] = [];
  private readonly functions = new Map<string, Node>();
  private readonly arrays = new Map<string, Node>();

  constructor(program: Node) {
    walk(program, (node) => {
      const [id, value] =
        node.type === 'VariableDeclarator'
          ? [node.id, node.init]
          : node.type === 'FunctionDeclaration'
            ? [node.id, node]
            : [];
      if (id?.type !== 'Identifier' || !value) return;
      if (isFunction(value)) this.functions.set(id.name, value);
      else if (value.type === 'ArrayExpression' || value.type === 'StringLiteral')
        this.arrays.set(id.name, value);
    });
  }

  visit(node: Node, scope: Scope, test: string, depth: number): void {
    if (!isNode(node)) return;
    if (node.type === 'CallExpression' || node.type === 'NewExpression') {
      const title = titleOf(node);
      if (title !== undefined) {
        // The title itself is no command line; a table of cases (`test.each`) stands in the callee.
        this.visit(node.callee, scope, title, depth);
        for (const argument of node.arguments.slice(1)) this.visit(argument, scope, title, depth);
        return;
      }
      // What `refused` is given must fail: it shows that something does not work.
      if (node.callee.name === 'refused') return;
      this.readCall(node, scope, test, depth);
    } else if (node.type === 'ArrayExpression') this.add(test, this.wordsOf(node.elements, scope));
    else if (node.type === 'StringLiteral' && / -/.test(node.value)) this.add(test, node.value.split(/\s+/));
    for (const child of childrenOf(node)) this.visit(child, scope, test, depth);
  }

  private readCall(node: Node, scope: Scope, test: string, depth: number): void {
    const { callee } = node;
    const args = (node.arguments as Node[]).map((argument) => this.wordsOf([argument], scope));
    const make = callee.type === 'MemberExpression' ? CALLS.get(callee.property.name) : undefined;
    if (make !== undefined) this.add(test, make(args));
    const helper = callee.type === 'Identifier' ? this.functions.get(callee.name) : undefined;
    if (helper === undefined || depth >= DEEPEST) return;
    const inner = new Map(scope);
    for (const [at, parameter] of (helper.params as Node[]).entries()) {
      if (parameter.type === 'RestElement') inner.set(parameter.argument.name, args.slice(at).flat());
      else if (parameter.type === 'Identifier') inner.set(parameter.name, args[at] ?? [undefined]);
    }
    this.visit(helper.body, inner, test, depth + 1);
  }

  private add(test: string, words: Word[]): void {
    if (test !== '' && words[0] !== undefined) this.lines.push({ test, words });
  }

  private wordsOf(nodes: readonly Node[], scope: Scope): Word[] {
    return nodes.flatMap((node): Word[] => {
      switch (node?.type) {
        case 'StringLiteral':
          return [node.value];
        case 'TemplateLiteral':
          // Its beginning is known: `--name=` of `--name=${name}`.
          return [node.quasis[0].value.cooked || undefined];
        case 'ArrayExpression':
          return this.wordsOf(node.elements, scope);
        case 'SpreadElement':
          return this.wordsOf([node.argument], scope);
        case 'Identifier': {
          const known = scope.get(node.name);
          if (known !== undefined) return [...known];
          const array = this.arrays.get(node.name);
          return array === undefined ? [undefined] : this.wordsOf([array], scope);
        }
        case 'CallExpression':
          // 'run --rm x'.split(' ')
          if (node.callee.type === 'MemberExpression' && node.callee.property.name === 'split')
            return this.wordsOf([node.callee.object], scope).flatMap((word) => word?.split(' '));
          return [undefined];
        default:
          return [undefined];
      }
    });
  }
}

/** The title of `test('…', …)`, `test.each(…)('…', …)` and `describe('…', …)`'s tests. */
function titleOf(node: Node): string | undefined {
  let { callee } = node;
  while (callee.type !== 'Identifier') {
    if (callee.type === 'CallExpression') callee = callee.callee;
    else if (callee.type === 'MemberExpression') callee = callee.object;
    else if (callee.type === 'ConditionalExpression') callee = callee.consequent;
    else return undefined;
  }
  const [title] = node.arguments;
  if (!/^(test|it)([A-Z]\w*)?$/.test(callee.name)) return undefined;
  if (title?.type === 'StringLiteral') return title.value;
  return title?.type === 'TemplateLiteral'
    ? title.quasis.map((part: Node) => part.value.cooked).join('…')
    : undefined;
}

/** The command that a line is for, as named in the table, and the long names of its options and of those before it. */
export function readLine(
  words: readonly Word[],
  commands: ReadonlyMap<string, Command>,
  globals: OptionTable,
): { name: string; options: Set<string>; globals: Set<string> } | undefined {
  let at = 0;
  const before = new Set<string>();
  while (words[at]?.startsWith('-')) at = readOption(words, at, globals, before);
  for (let length = 3; length > 0; length--) {
    const name = words.slice(at, at + length).join(' ');
    const command = commands.get(name);
    if (command === undefined) continue;
    const options = new Set<string>();
    for (let next = at + length; next < words.length; ) {
      const word = words[next];
      if (word === '--') break;
      if (word?.startsWith('-') && word !== '-') next = readOption(words, next, command.options, options);
      else if (word !== undefined && command.interspersed === false) break;
      else next++;
    }
    return { name, options, globals: before };
  }
  return undefined;
}

/** Notes the options of one word and steps over it and its value. */
function readOption(words: readonly Word[], at: number, table: OptionTable, found: Set<string>): number {
  const word = words[at]!;
  const names = Object.keys(table);
  const takesNext = (name: string) =>
    !['bool', 'tristate'].includes(table[name]!.type) && table[name]!.optionalValue === undefined;
  if (word.startsWith('--')) {
    const typed = word.slice(2).split('=', 1)[0]!;
    const name = names.find((known) => known === typed || table[known]!.aliases?.includes(typed));
    if (name === undefined) return at + 1;
    found.add(name);
    return !word.includes('=') && takesNext(name) ? at + 2 : at + 1;
  }
  for (let letter = 1; letter < word.length; letter++) {
    const name = names.find((known) => table[known]!.short === word[letter]);
    if (name === undefined) break;
    found.add(name);
    if (takesNext(name)) return letter === word.length - 1 ? at + 2 : at + 1;
  }
  return at + 1;
}

function isFunction(node: Node): boolean {
  return ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'].includes(node.type);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

function childrenOf(node: Node): Node[] {
  return Object.entries(node)
    .filter(([key]) => key !== 'loc' && !key.endsWith('Comments'))
    .flatMap(([, value]) => value)
    .filter(isNode);
}

function walk(node: Node, look: (node: Node) => void): void {
  look(node);
  for (const child of childrenOf(node)) walk(child, look);
}
