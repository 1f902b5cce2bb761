import { evaluateGoTemplate } from './evaluate';

const POD = {
  kind: 'Pod',
  metadata: { name: 'web', labels: { app: 'web', 'a.b/c': 'x' } },
  spec: { containers: [{ name: 'main', image: 'a:1' }, { name: 'side' }], replicas: 2 },
};

/** Each as kubectl 1.35 printed it. */
it.each([
  ['{{.metadata.name}}', 'web'],
  ['{{.metadata.nothing}}', '<no value>'],
  ['{{range .spec.containers}}{{.name}} {{end}}', 'main side '],
  ['{{range $i, $c := .spec.containers}}{{$i}}={{$c.name}}{{"\\n"}}{{end}}', '0=main\n1=side\n'],
  ['{{range .spec.containers}}{{if .image}}{{.image}}{{else}}none{{end}},{{end}}', 'a:1,none,'],
  ['{{range $k, $v := .metadata.labels}}{{$k}}={{$v}};{{end}}', 'a.b/c=x;app=web;'],
  ['{{index .metadata.labels "a.b/c"}}', 'x'],
  ['{{(index .spec.containers 0).name}}', 'main'],
  ['{{len .spec.containers}} {{.metadata.name | printf "%s!"}}', '2 web!'],
  ['{{if and (eq .kind "Pod") (gt .spec.replicas 1)}}yes{{else if .x}}maybe{{else}}no{{end}}', 'yes'],
  ['{{with .metadata}}{{.name}} of {{$.kind}}{{end}}', 'web of Pod'],
  ['a {{- /* nothing */ -}} b', 'ab'],
  ['{{$n := .metadata.name}}{{$n}}', 'web'],
  ['{{.metadata.labels}}', 'map[a.b/c:x app:web]'],
  ['{{range .none}}x{{else}}empty{{end}}', 'empty'],
  ['{{"c2VjcmV0" | base64decode}}', 'secret'],
  ['{{range .spec.containers}}<{{if not .image}}{{continue}}{{end}}{{.name}}>{{end}}', '<main><'],
  ['{{range .spec.containers}}<{{if .image}}{{break}}{{end}}{{.name}}>{{else}}x{{end}}.', '<.'],
])('%s', (template, text) => {
  expect(evaluateGoTemplate(template, POD)).toBe(text);
});

it.each([
  ['{{range .x}}', 'without {{end}}'],
  ['{{end}}', 'unexpected {{end}}'],
  ['{{nope .a}}', 'function "nope" not defined'],
  ['{{.kind', 'unclosed action'],
  ['{{"c2Vj!" | base64decode}}', 'is no base64'],
  ['{{break}}', '{{break}} outside {{range}}'],
  ['{{$x}}', 'undefined variable "$x"'],
])('%s is refused', (template, message) => {
  expect(() => evaluateGoTemplate(template, POD)).toThrow(message);
});
