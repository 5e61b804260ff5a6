/** Tokens into a tree, by the grammar of Go's text/template. Throws ProaError TEMPLATE_SYNTAX with line and column. */
import type { Node, ParsedTemplate, Pipe } from './node.ts';
import { KEYWORDS, PipelineParser } from './parse-pipeline.ts';

/** Parses a template's text. */
export function parseTemplate(source: string): ParsedTemplate {
  return new Parser(source).parse();
}

/** What ends a list of nodes. */
type Ending = 'end' | 'else' | 'eof';

class Parser extends PipelineParser {
  private readonly definitions = new Map<string, Node[]>();
  private rangeDepth = 0;

  parse(): ParsedTemplate {
    const [root] = this.list(true, ['eof']);
    return { source: this.source, root, definitions: this.definitions, functions: this.functions };
  }

  /** Nodes up to one of `endings`, which is stepped over (but for `else`, whose condition may follow). */
  private list(top: boolean, endings: readonly Ending[]): [Node[], Ending] {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.tokens[this.at++]!;
      if (token.kind === 'end') {
        if (endings.includes('eof')) return [nodes, 'eof'];
        throw this.fail('unexpected EOF', token);
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const keyword = this.is('word') && KEYWORDS.has(this.token.text) ? this.token.text : undefined;
      if (keyword === 'end' || keyword === 'else') {
        if (!endings.includes(keyword)) throw this.fail(`unexpected {{${keyword}}}`, token);
        this.at++;
        if (keyword === 'end') this.expect('close', 'end');
        return [nodes, keyword];
      }
      if (keyword === 'define') {
        if (!top) throw this.fail('unexpected {{define}}', token);
        this.define();
      } else nodes.push(this.action(keyword, token.start));
    }
  }

  private action(keyword: string | undefined, start: number): Node {
    if (keyword === undefined || keyword === 'nil')
      return { kind: 'action', pipe: this.pipe('command', 'close') };
    this.at++;
    switch (keyword) {
      case 'if':
      case 'range':
      case 'with':
        return this.branch(keyword, start);
      case 'template':
        return this.callTemplate(start);
      case 'block':
        return this.block(start);
      default:
        if (this.rangeDepth === 0) throw this.fail(`{{${keyword}}} outside {{range}}`);
        this.expect('close', keyword);
        return { kind: keyword as 'break' | 'continue' };
    }
  }

  private branch(kind: 'if' | 'range' | 'with', start: number): Node {
    const outer = this.variables.length;
    const pipe = this.pipe(kind, 'close');
    const source = this.sourceOf(start);
    const inner = this.variables.length;
    if (kind === 'range') this.rangeDepth++;
    const [then, ending] = this.list(false, ['else', 'end']);
    if (kind === 'range') this.rangeDepth--;
    this.variables.length = inner;
    let otherwise: Node[] = [];
    if (ending === 'else') {
      const chained = this.token;
      // `else if` and `else with` are a branch of their own in the else list, and share its {{end}}.
      if (kind !== 'range' && this.is('word', kind)) {
        this.at++;
        otherwise = [this.branch(kind, chained.start)];
      } else {
        this.expect('close', 'else');
        [otherwise] = this.list(false, ['end']);
      }
    }
    this.variables.length = outer;
    return { kind, pipe, then, otherwise, start, source };
  }

  private define(): void {
    this.at++;
    const name = this.expect('string', 'define clause').text;
    this.expect('close', 'define clause');
    this.definitions.set(name, this.body());
  }

  /** The list of a `define` or `block`, which sees no variable but `$` and belongs to no loop. */
  private body(): Node[] {
    const { variables, rangeDepth } = this;
    this.variables = ['$'];
    this.rangeDepth = 0;
    const [nodes] = this.list(false, ['end']);
    this.variables = variables;
    this.rangeDepth = rangeDepth;
    return nodes;
  }

  private callTemplate(start: number): Node {
    const name = this.expect('string', 'template clause').text;
    let pipe: Pipe | undefined;
    if (this.is('close')) this.at++;
    else pipe = this.pipe('template clause', 'close');
    return { kind: 'template', name, pipe, start, source: this.sourceOf(start) };
  }

  private block(start: number): Node {
    const name = this.expect('string', 'block clause').text;
    const pipe = this.pipe('block clause', 'close');
    const source = this.sourceOf(start);
    this.definitions.set(name, this.body());
    return { kind: 'template', name, pipe, start, source };
  }
}
