// The files of parts, each fetched and joined to the program once. One that could not be had is asked for again the next time.
const joined = new Map();
const join = (file) => {
  if (!joined.has(file)) {
    const answer = fetch(new URL(file, import.meta.url));
    const instance = WebAssembly.instantiateStreaming(answer, { __wasm_split: wasm });
    instance.catch(() => joined.delete(file));
    joined.set(file, instance);
  }
  return joined.get(file);
};
// The way to a part: when all its files are there, or one is not, it calls back through the table of functions.
const way = (files) => async (done, what) => {
  const all = Promise.all(files.map(join));
  const isThere = await all.then(
    () => 1,
    (error) => {
      console.error(error);
      return 0;
    },
  );
  wasm.__indirect_function_table.get(done)(what, isThere);
};
