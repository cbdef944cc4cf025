import { describe, expect, it } from "vitest";
import { condaPackages, condaVariables } from "./conda-packages.ts";

function requirement(dependency: string): string | undefined {
  return condaPackages({ dependencies: [dependency] }).requirements[0];
}

describe("condaPackages", () => {
  it.each([
    ["numpy", "numpy"],
    ["numpy=1.21", "numpy==1.21.*"],
    ["numpy=1.21.2", "numpy==1.21.2.*"],
    ["numpy==1.21.2", "numpy==1.21.2"],
    ["numpy=1.21.*", "numpy==1.21.*"],
    ["numpy=1.21.2=py38_0", "numpy==1.21.2.*"],
    ["numpy==1.21.2=py38_0", "numpy==1.21.2"],
    ["numpy==1.21.2 py38_0", "numpy==1.21.2"],
    ["numpy 1.21.2", "numpy==1.21.2"],
    ["numpy 1.21.*", "numpy==1.21.*"],
    ["numpy>=1.2,<2", "numpy>=1.2,<2"],
    ["numpy >=1.2, <2", "numpy>=1.2,<2"],
    ["numpy>=1.2.*", "numpy>=1.2"],
    ["numpy!=1.2.*", "numpy!=1.2.*"],
    ["numpy>=1.2,!=1.3.1", "numpy>=1.2,!=1.3.1"],
    ["numpy[version='>=1.2,<2']", "numpy>=1.2,<2"],
    ["numpy=*", "numpy"],
    ["numpy=*=*mkl", "numpy"],
    ["numpy * py38_0", "numpy"],
    ["conda-forge::pytorch=2.1", "torch==2.1.*"],
    ["PyTorch", "torch"],
    ["py-xgboost=1.7 # a comment", "xgboost==1.7.*"],
    ["pytables", "tables"],
    ["scikit-learn=1.2.2", "scikit-learn==1.2.2.*"],
  ])("says %s as %s", (dependency, expected) => {
    expect(requirement(dependency)).toBe(expected);
  });

  it.each([
    ["python=3.8", "3.8"],
    ["python=3.8.12", "3.8.12"],
    ["python==3.8.12", "3.8.12"],
    ["python>=3.9", "3.9"],
    ["python>=3.6,<=3.9", "3.9"],
    ["python~=3.9", "3.9"],
    ["python<3.10", "3.9"],
    ["python", null],
  ])("takes %s as the version of Python", (dependency, expected) => {
    const found = condaPackages({ dependencies: [dependency] });
    expect(found).toMatchObject({ python: expected, requirements: [], unsupported: [] });
  });

  it.each([
    ["python>=3.9,<3.12", 'python_version >= "3.9" and python_version < "3.12"'],
    ["python >=3.9", 'python_version >= "3.9"'],
    ["python<=3.10.4,!=3.8.*", 'python_version <= "3.10" and python_version != "3.8"'],
    ["python=3.9", ""],
    ["python>=3.9|3.6", ""],
    ["python", ""],
  ])("knows which Pythons %s allows beside", (dependency, expected) => {
    expect(condaPackages({ dependencies: [dependency] }).pythons).toBe(expected);
  });

  it("takes the pip part as it is, and drops tools of conda", () => {
    const found = condaPackages({
      name: "env",
      channels: ["conda-forge", "nodefaults"],
      dependencies: [
        "pip=21.2.4",
        "nomkl",
        "cpuonly",
        "blas=1.0=mkl",
        { pip: ["mlflow<2.19", "pkg[a,b]==1.0 "] },
      ],
    });
    expect(found.requirements).toEqual(["mlflow<2.19", "pkg[a,b]==1.0"]);
    expect(found.unsupported).toEqual([]);
  });

  it("takes a pip part that is one text, and Python packages named like libraries", () => {
    const dependencies = ["librosa=0.10", { pip: "six\n-r more.txt" }];
    expect(condaPackages({ dependencies })).toMatchObject({
      requirements: ["librosa==0.10.*", "six", "-r more.txt"],
      unsupported: [],
    });
  });

  it("names what is no Python package, and versions that pip cannot say", () => {
    const dependencies = ["cudatoolkit=11.1", "r-base", "numpy=1.2|=1.4", "libpng", "pandas"];
    expect(condaPackages({ dependencies })).toEqual({
      python: null,
      pythons: "",
      requirements: ["pandas"],
      brought: new Map(),
      unsupported: ["cudatoolkit=11.1", "r-base", "numpy=1.2|=1.4", "libpng"],
    });
  });

  it.each(["poppler", "unixodbc=2.3", "tesseract", "mamba", "cxx-compiler"])(
    "takes no package of another kind for %s",
    (dependency) => {
      const { requirements, unsupported } = condaPackages({ dependencies: [dependency] });
      expect({ requirements, unsupported }).toEqual({
        requirements: [],
        unsupported: [dependency],
      });
    },
  );

  it("leaves out what any Python brings, and what the wheels of an asked package do", () => {
    const dependencies = [
      "_libgcc_mutex=0.1=main",
      "openssl=3.0.13",
      "tzdata=2022a=hda174b7_0",
      "ld_impl_linux-64=2.38=h1181459_1",
      "cudatoolkit=11.1",
      "libpng=1.6.37=hbc83047_0",
      "pillow=9.0.1",
      "r-base",
      { pip: ["Torch==2.1.0", "-r more.txt"] },
    ];
    expect(condaPackages({ dependencies })).toMatchObject({
      requirements: ["pillow==9.0.1.*", "Torch==2.1.0", "-r more.txt"],
      brought: new Map([
        [
          "python",
          [
            "_libgcc_mutex=0.1=main",
            "openssl=3.0.13",
            "tzdata=2022a=hda174b7_0",
            "ld_impl_linux-64=2.38=h1181459_1",
          ],
        ],
        ["torch", ["cudatoolkit=11.1"]],
        ["pillow", ["libpng=1.6.37=hbc83047_0"]],
      ]),
      unsupported: ["r-base"],
    });
  });

  it.each([null, "text", {}, { dependencies: null }, { dependencies: [null, 3] }])(
    "finds nothing in %j",
    (content) => {
      expect(condaPackages(content).requirements).toEqual([]);
    },
  );
});

describe("condaVariables", () => {
  it("gives them as conda would set them", () => {
    const variables = { NAME: "a b", COUNT: 4, FLAG: true, NONE: null, LIST: [1], "A=B": "x" };
    expect(condaVariables({ variables })).toEqual({ NAME: "a b", COUNT: "4", FLAG: "True" });
  });

  it.each([null, "text", {}, { variables: null }, { variables: "A=1" }])(
    "gives none of %o",
    (content) => {
      expect(condaVariables(content)).toEqual({});
    },
  );
});
