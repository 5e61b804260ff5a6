/**
 * Templates that need no data, with what Go's text/template makes of them. compile.test.ts holds ours against these
 * texts, and the texts against the real Go implementation inside podman where that is installed.
 */
export const GO_CASES: readonly (readonly [template: string, output: string])[] = [
  [
    "{{\"text\"}} {{`raw \\n`}} {{'a'}} {{'\\n'}} {{12}} {{-3}} {{0x1F}} {{1_000}} {{0o17}} {{017}} {{1.5}} {{1e3}} {{1e21}} {{true}}",
    'text raw \\n 97 10 12 -3 31 1000 15 15 1.5 1000 1e+21 true',
  ],
  ['{{"a\\tb\\u00e9\\x41\\"\\101\\xc3\\xa9"}}', 'a\tbéA"Aé'],
  ['a  {{- 1 -}}  b {{/* gone */}}c {{- /* trims */ -}} d', 'a1b cd'],
  ['{{ 3 | printf "%d-%d" 2 }}', '2-3'],
  ['{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}{{if true}}{{$x = 3}}{{$y := 4}}{{$y}}{{end}}{{$x}}', '1243'],
  [
    '{{if false}}a{{else if 0}}b{{else if ""}}c{{else}}d{{end}}{{if and 1 "x"}}e{{end}}{{if not true}}f{{end}}',
    'de',
  ],
  ['{{with "v"}}{{.}}{{else}}none{{end}}{{with ""}}{{.}}{{else}}none{{end}}', 'vnone'],
  ['{{with $v := "q"}}{{$v}}{{.}}{{end}}', 'qq'],
  ['{{range $i, $e := split "a,b,c" ","}}{{if $i}};{{end}}{{$i}}={{$e}}{{end}}', '0=a;1=b;2=c'],
  [
    '{{range split "a,b,c,d" ","}}{{if eq . "b"}}{{continue}}{{end}}{{if eq . "d"}}{{break}}{{end}}{{.}}{{end}}',
    'ac',
  ],
  ['{{range $e := split "a,b" ","}}{{$e}}{{else}}none{{end}}', 'ab'],
  [
    '{{define "t"}}<{{.}}>{{end}}{{template "t" "x"}}{{template "t" 3}}{{block "b" "z"}}[{{.}}]{{end}}',
    '<x><3>[z]',
  ],
  ['{{define "n"}}{{.}}{{end}}{{template "n"}}', '<no value>'],
  [
    '{{and 0 (index "a" 9)}} {{or "a" (index "a" 9)}} {{and 1 2 3}} {{or 0 "" false}} {{1 | and 0}}',
    '0 a 3 false 0',
  ],
  [
    '{{len "é"}} {{len (split "a b" " ")}} {{index "abc" 1}} {{index (split "a b" " ") 1}} {{slice "abcd" 1 3}} {{slice "abcd" 2}}',
    '2 2 98 b bc cd',
  ],
  ['{{print 1 2 "a" "b" 3 4}}|{{print}}|{{println "a" 1}}|{{print nil}}', '1 2ab3 4||a 1\n|<nil>'],
  [
    '{{html "<a href=\'x\'>&\\""}} {{js "it\'s <b> & \\"q\\"\\n"}} {{urlquery "a b&c=d/é!*"}}',
    '&lt;a href=&#39;x&#39;&gt;&amp;&#34; it\\\'s \\u003Cb\\u003E \\u0026 \\"q\\"\\u000A a+b%26c%3Dd%2F%C3%A9%21%2A',
  ],
  [
    '{{eq 1 1}} {{eq 1 2 3 1}} {{ne "a" "b"}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 1.5}} {{eq true true}}',
    'true true true true true true true true',
  ],
  [
    '{{printf "%s|%v|%q|%x|%X|% x|%#x" "hi" "hi" "h\\ti" "hi" "hi" "hi" "hi"}}',
    'hi|hi|"h\\ti"|6869|6869|68 69|0x6869',
  ],
  [
    '{{printf "%10s|%-10s|%.2s|%5.1s|%05s" "abc" "abc" "abc" "abc" "abc"}}',
    '       abc|abc       |ab|    a|00abc',
  ],
  [
    '{{printf "%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o|%O|%b|%c|%q|%U" 42 42 42 42 42 42 42 42 42 42 42 42 42 65 65 65}}',
    "42|   42|42   |00042|+42| 42|2a|2A|0x2a|52|052|0o52|101010|A|'A'|U+0041",
  ],
  ['{{printf "%d|%05d|%+05d|%x|%.5d|%8.3d" -42 -42 42 -42 42 42}}', '-42|-0042|+0042|-2a|00042|     042'],
  [
    '{{printf "%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f|%e|%.1e|%g|%G|%v" 3.14159 3.14159 3.14159 3.14159 3.14159 3.14159 31415.9 31415.9 3.14159 1e-7 2.5}}',
    '3.141590|3.14|    3.14|3.14    |00003.14|+3.1|3.141590e+04|3.1e+04|3.14159|1E-07|2.5',
  ],
  [
    '{{printf "%g %v %v %v %v" 0.00001 0.00001 1234567.5 123456789.25 0.0001}}',
    '1e-05 1e-05 1.2345675e+06 1.2345678925e+08 0.0001',
  ],
  ['{{printf "%.3g %.3g %.10g %.4g" 1234.5 0.00012345 1234.5 0.5}}', '1.23e+03 0.000123 1234.5 0.5'],
  ['{{printf "%t %v %5t|%-6t|" true false true false}}', 'true false  true|false |'],
  ['{{printf "%T %T %T %T %T" 1 "a" 1.5 true (split "a" ",")}}', 'int string float64 bool []string'],
  [
    '{{printf "%v %d %s %q" (split "a,b" ",") 1 (split "a,b" ",") (split "a,b" ",")}}',
    '[a b] 1 [a b] ["a" "b"]',
  ],
  ['{{printf "%#v %#v %#v %#v" "a\\"b" 3 true (split "a,b" ",")}}', '"a\\"b" 3 true []string{"a", "b"}'],
  ['{{printf "%d %s %z %!" "x" 1 2}}', '%!d(string=x) %!s(int=1) %!z(int=2) %!!(MISSING)'],
  [
    '{{printf "%d %d" 1}}|{{printf "%d" 1 2 "x"}}|{{printf "100%%"}}|{{printf "%"}}',
    '1 %!d(MISSING)|1%!(EXTRA int=2, string=x)|100%|%!(NOVERB)',
  ],
  ['{{printf "%*d|%-*d|%.*f" 5 42 5 42 2 3.14159}}', '   42|42   |3.14'],
  ['{{printf "%[2]d %[1]d|%[1]v" 1 2}}', '2 1|1'],
  ['{{printf "%6.2f|%-8q|%8q|%+q|%#q" 2.5 "a" "a" "é" "a"}}', '  2.50|"a"     |     "a"|"\\u00e9"|`a`'],
  ['{{printf "%v %s" nil nil}}', '<nil> %!s(<nil>)'],
  ['{{json "a<b>&"}} {{json 1}} {{json (split "a,b" ",")}} {{json nil}}', '"a<b>&" 1 ["a","b"] null'],
  [
    '{{lower "AbC"}} {{upper "abc"}} {{title "hello big-world it\'s foo_bar"}} {{join (split "a,b" ",") "-"}} {{truncate "abcdef" 3}} {{truncate "ab" 3}}',
    "abc ABC Hello Big-World It'S Foo_bar a-b abc ab",
  ],
  ['[{{pad "x" 2 3}}][{{pad "" 2 3}}]', '[  x   ][]'],
  ['{{(split "a,b" ",") | len}} {{with split "a,b" ","}}{{index . 0}}{{end}}', '2 a'],
  [
    '{{range $i, $e := split "a,b" ","}}{{range split "x,y" ","}}{{$i}}{{$e}}{{.}}{{break}}{{end}} {{end}}',
    '0ax 1bx ',
  ],
  ['{{- 1}}\n{{2 -}}\n 3', '1\n23'],
  ['{{1}}-{{2}} }} { {{"}}"}}', '1-2 }} { }}'],
];
