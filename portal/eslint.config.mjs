import nextCoreWebVitals from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";

/** Attributes that people read or hear. */
const SPOKEN = "aria-label|title|label|placeholder|hint|what|alt|action";

const config = [
  ...nextCoreWebVitals,
  ...nextTypescript,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  {
    // What people read stands in src/texts, in one place; marks such as "·" may stay.
    files: ["src/**/*.tsx"],
    rules: {
      "react/jsx-no-literals": ["error", { allowedStrings: ["·", ",", "."] }],
      "no-restricted-syntax": [
        "error",
        {
          selector: `JSXAttribute[name.name=/^(${SPOKEN})$/] > Literal[value=/[A-Za-z]/]`,
          message: "Put the text into src/texts.",
        },
      ],
    },
  },
  { files: ["scripts/**"], rules: { "no-console": "off" } },
  {
    ignores: [
      ".next/**",
      "out/**",
      "next-env.d.ts",
      "src/lib/api.generated.ts",
      "src/lib/schemas/**",
    ],
  },
];

export default config;
