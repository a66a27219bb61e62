// Shows openapi.json: every command, what it takes and what it answers, down to the last field.
const texts = {
  en: { raw: "As OpenAPI 3.1", language: "Language", parameters: "Parameters", body: "Takes", answers: "Answers", fields: "fields",
        required: "required", word: "word", words: "words", listOf: "list of ", failed: "openapi.json could not be read", example: "With curl" },
  "zh-Hant": { raw: "OpenAPI 3.1 文件", language: "語言", parameters: "參數", body: "輸入", answers: "回應", fields: "個欄位",
               required: "必填", word: "代碼", words: "個代碼", listOf: "清單：", failed: "無法讀取 openapi.json", example: "以 curl 呼叫" },
};
const byId = (id) => document.getElementById(id);
let api, text = texts.en;

function make(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...[content].flat());
  return made;
}

const named = (schema) => schema.$ref?.split("/").pop();
const resolved = (schema) => (schema.$ref ? api.components.schemas[named(schema)] : schema);

function typeOf(schema) {
  if (schema.type === "array") return text.listOf + typeOf(schema.items);
  if (schema.$ref) return named(schema);
  if (schema.enum) return text.word;
  return [schema.type].flat().join(" / ");
}

// A field's own fields are made when they are opened: messages may hold messages of their own kind.
function inside(schema) {
  const inner = schema.type === "array" ? schema.items : schema;
  if (inner.enum) return unfold(`${inner.enum.length} ${text.words}`, () => make("code", inner.enum.join(", ")));
  if (!inner.$ref) return "";
  return unfold(`${named(inner)}: ${Object.keys(resolved(inner).properties).length} ${text.fields}`, () => fields(resolved(inner)));
}

function unfold(title, content) {
  const made = make("details", make("summary", title));
  made.addEventListener("toggle", () => made.children.length === 1 && made.append(content()), { once: true });
  return made;
}

function fields(schema) {
  return make("table", Object.entries(schema.properties).map(([name, field]) => make("tr", [
    make("td", make("code", name)), make("td", typeOf(field)), make("td", [field.description ?? "", inside(field)])])));
}

function parameters(all) {
  return make("table", all.map((one) => make("tr", [make("td", make("code", one.name)),
    make("td", one.in + (one.required ? ", " + text.required : "")), make("td", one.description ?? "")])));
}

function curl(path, method, operation) {
  const lines = [`curl "http://127.0.0.1:$(cat till/http.port)${path}"`, `-H "Authorization: Bearer $(cat till/token-pos)"`];
  if (method === "post") lines.push(`-H "Idempotency-Key: $(uuidgen)"`, `--json '{ … }'`);
  return operation.responses["101"] ? "" : make("details", [make("summary", text.example), make("pre", lines.join(" \\\n  "))]);
}

function show(path, method, operation) {
  const made = make("article", [
    make("h2", [make("span", method.toUpperCase(), { class: "method" }), make("code", path)]),
    make("p", operation.summary), make("p", operation.description)], { id: operation.operationId });
  if (operation.parameters.length) made.append(make("h3", text.parameters), parameters(operation.parameters));
  const body = operation.requestBody?.content["application/json"].schema;
  if (body) made.append(make("h3", `${text.body} ${named(body)}`), fields(resolved(body)));
  made.append(make("h3", text.answers), make("table", Object.entries(operation.responses).map(([status, answer]) => make("tr", [
    make("td", make("code", status)), make("td", Object.keys(answer.content ?? {}).join(", ")),
    make("td", [answer.description, ...Object.values(answer.content ?? {}).map((one) => inside(one.schema))])]))),
  curl(path, method, operation));
  return made;
}

function render(language) {
  text = texts[language];
  document.documentElement.lang = language;
  byId("raw").textContent = text.raw;
  byId("language-label").textContent = text.language;
  if (!api) return;
  const all = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => [path, method, one]));
  byId("summary").textContent = `${api.info.summary} ${api.info.description}`;
  byId("list").replaceChildren(...all.map(([path, method, one]) => make("a", [make("span", method.toUpperCase(), { class: "method" }),
    path], { href: "#" + one.operationId })));
  byId("operations").replaceChildren(...all.map((one) => show(...one)));
}

async function start() {
  const wanted = navigator.language.startsWith("zh") ? "zh-Hant" : "en";
  byId("language").value = wanted;
  byId("language").addEventListener("change", (event) => render(event.target.value));
  render(wanted);
  const answer = await fetch("openapi.json").catch(() => ({ ok: false }));
  if (!answer.ok) return byId("operations").replaceChildren(make("p", text.failed));
  api = await answer.json();
  render(wanted);
}
start();
