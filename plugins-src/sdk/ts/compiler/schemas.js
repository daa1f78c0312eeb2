// JSON Schemas of inputs and outputs, from their types.
import { createRequire } from "node:module";
import path from "node:path";
import { BuildError } from "./error.js";

/**
 * @param {import("./project.js").Project} project
 * @returns {Promise<Record<string, { input: object, output: object }>>} by operation
 */
export async function derive(project) {
  // The project's own: its editor and its build read the same types.
  const near = createRequire(path.join(project.root, "package.json"));
  let ts, generator;
  try {
    ts = near("typescript");
    generator = await import(near.resolve("ts-json-schema-generator"));
  } catch (error) {
    throw new BuildError(
      `a plugin in TypeScript is built with typescript and ts-json-schema-generator: add both to devDependencies (${error.message.split("\n")[0]})`,
    );
  }
  const program = checked(ts, project);
  const checker = program.getTypeChecker();
  const config = {
    ...generator.DEFAULT_CONFIG,
    // Whole in itself and plain: people and models read it.
    expose: "none",
    topRef: false,
    jsDoc: "extended",
    additionalProperties: false,
    sortProps: false,
    encodeRefs: false,
    // JSON has no word for a function.
    functions: "fail",
  };
  const maker = new generator.SchemaGenerator(
    program,
    generator.createParser(program, config),
    generator.createFormatter(config),
    config,
  );
  const schemas = {};
  for (const operation of operationsOf(ts, checker, program, project)) {
    const { name, input, output } = operation;
    try {
      schemas[name] = {
        input: input ? modern(maker.createSchemaFromNodes([input])) : { type: "object", additionalProperties: false },
        output: modern(maker.createSchemaFromNodes([output])),
      };
    } catch (error) {
      throw new BuildError(`no schema can be made for \`${name}\`: ${error.message}`);
    }
  }
  return schemas;
}

/** The program, in which all types fit. */
function checked(ts, project) {
  const file = path.join(project.root, "tsconfig.json");
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail(ts, project, [diagnostic]) };
  const config = ts.getParsedCommandLineOfConfigFile(file, { noEmit: true }, host);
  if (config.errors.length > 0) fail(ts, project, config.errors);
  const program = ts.createProgram([project.entry], config.options);
  const wrong = ts.getPreEmitDiagnostics(program);
  if (wrong.length > 0) fail(ts, project, wrong);
  return program;
}

function fail(ts, project, diagnostics) {
  throw new BuildError(
    ts.formatDiagnostics(diagnostics, {
      getCurrentDirectory: () => project.root,
      getCanonicalFileName: (name) => name,
      getNewLine: () => "\n",
    }),
  );
}

/** Of each operation its name, and the types of what it takes and returns as they are written. */
function* operationsOf(ts, checker, program, project) {
  const source = program.getSourceFile(project.entry);
  const module_ = source && checker.getSymbolAtLocation(source);
  const plugin = module_ && checker.getExportsOfModule(module_).find((it) => it.name === "default");
  const operations = plugin && checker.getTypeOfSymbol(plugin).getProperty("operations");
  if (!operations) return; // definition.js has said what is missing.
  for (const symbol of checker.getTypeOfSymbol(operations).getProperties()) {
    const run = checker.getTypeOfSymbol(symbol).getProperty("run");
    const [signature] = run ? checker.getTypeOfSymbol(run).getCallSignatures() : [];
    const declared = signature?.getDeclaration();
    if (!declared) continue;
    const [parameter] = declared.parameters;
    const say = (what) => new BuildError(`\`${symbol.name}\`: write the type of what its \`run\` ${what}`);
    if (parameter && !parameter.type) throw say("takes");
    if (!declared.type) throw say("returns");
    yield { name: symbol.name, input: parameter?.type, output: declared.type };
  }
}

/**
 * A schema of draft 7, as the generator makes them, in the words of 2020-12.
 *
 * @param {any} schema
 */
export function modern(schema) {
  const { $schema: _, definitions = {}, ...rest } = schema;
  const names = Object.keys(definitions);
  const renamed = new Map(names.map((name, index) => [`#/definitions/${name}`, `#/$defs/${plain(name, index)}`]));
  const root = words(rest, renamed);
  const defs = names.map((name, index) => [plain(name, index), words(definitions[name], renamed)]);
  return defs.length > 0 ? { ...root, $defs: Object.fromEntries(defs) } : root;
}

/** A name without the places in files that the generator puts into it. */
function plain(name, index) {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `t${index}`;
}

/** Keywords whose value is schemas by name, and not a schema. */
const BY_NAME = new Set(["properties", "patternProperties", "$defs"]);
/** Keywords whose value is data. */
const DATA = new Set(["const", "enum", "default", "examples"]);

function words(schema, renamed) {
  if (Array.isArray(schema)) return schema.map((it) => words(it, renamed));
  if (typeof schema !== "object" || schema === null) return schema;
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if (DATA.has(key)) out[key] = value;
    else if (BY_NAME.has(key)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, words(inner, renamed)]));
    } else if (key === "$ref") out.$ref = renamed.get(decodeURIComponent(value)) ?? value;
    else if (key === "items" && Array.isArray(value)) out.prefixItems = words(value, renamed);
    else if (key === "additionalItems") out.items = words(value, renamed);
    else out[key] = words(value, renamed);
  }
  return out;
}
