// Libraries that conda lists by name and for which nothing need be installed: any Python brings them, or the wheels of a
// package that is asked for too. `conda env export` writes them all. Pure.

interface Bringers {
  /** Any of these packages, in PyPI's names, brings them. */
  readonly packages: readonly string[];
  /** Their names in conda. */
  readonly libraries: RegExp;
}

const PYTHON =
  /^(?:_libgcc_mutex|_openmp_mutex|bzip2|ca-certificates|cpython|expat|gdbm|ld_impl_[\w-]+|libexpat|libffi|libgcc(?:-ng)?|libgomp|libiconv|liblzma(?:-devel)?|libmpdec|libnsl|libsqlite|libstdcxx(?:-ng)?|libuuid|libxcrypt|libzlib|ncurses|openssl|readline|sqlite|tk|tzdata|ucrt|vc|vc14_runtime|vs2015_runtime|xz|zlib)$/;

const WHEELS: readonly Bringers[] = [
  {
    packages: ["numpy", "scipy"],
    libraries:
      /^(?:icu|libblas|libcblas|libgfortran(?:5|-ng)?|libhwloc|liblapack|libopenblas|libxml2|llvm-openmp|openblas)$/,
  },
  {
    packages: ["matplotlib", "pillow"],
    libraries:
      /^(?:freetype|giflib|jpeg|lcms2|lerc|libdeflate|libjpeg-turbo|libpng|libtiff|libwebp(?:-base)?|libxcb|lz4-c|openjpeg|zstd)$/,
  },
  { packages: ["gmpy2"], libraries: /^(?:gmp|mpc|mpfr)$/ },
  {
    packages: ["torch"],
    libraries:
      /^(?:cuda|cuda-[\w-]+|cudatoolkit|cudnn|libabseil|libcublas|libcudnn|libcufft|libcufile|libcurand|libcusolver|libcusparse|libmagma(?:_sparse)?|libnpp|libnvjitlink|libnvjpeg|libprotobuf|libtorch|libuv|nccl|pytorch-cuda|pytorch-mutex|sleef)$/,
  },
];

/**
 * What brings the library of that conda name where `asked` (PyPI's names) is installed: `python`, a package, or null.
 *
 * @example bringerOf("cudatoolkit", new Set(["torch"])) // "torch"
 */
export function bringerOf(library: string, asked: ReadonlySet<string>): string | null {
  if (PYTHON.test(library)) return "python";
  const found = WHEELS.find(({ libraries }) => libraries.test(library));
  return found?.packages.find((name) => asked.has(name)) ?? null;
}

const NAMED = 3;

/** `python brings bzip2, openssl and 9 more; torch brings cudatoolkit=11.1`. */
export function describeBrought(brought: ReadonlyMap<string, readonly string[]>): string {
  const each = [...brought].map(([bringer, libraries]) => {
    const more = libraries.length - NAMED;
    const named = libraries.slice(0, more === 1 ? NAMED + 1 : NAMED).join(", ");
    return `${bringer} brings ${named}${more > 1 ? ` and ${more} more` : ""}`;
  });
  return each.join("; ");
}
