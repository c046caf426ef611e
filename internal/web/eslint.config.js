import js from "@eslint/js";

// tsc knows which names there are, and tells of those that nobody uses.
const known = { "no-undef": "off", "no-unused-vars": "off" };

export default [
  { ignores: ["assets/vendor.js", "assets/vendor-qr.js"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...known,
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "no-shadow-restricted-names": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-throw-literal": "error",
      "no-self-compare": "error",
      "no-template-curly-in-string": "off", // clients.js shows some to people
      "no-unmodified-loop-condition": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "require-atomic-updates": "off", // it sees a race in every ??=
      "object-shorthand": "error",
      "prefer-template": "off",
      "no-alert": "error",
      "no-console": "error",
      "array-callback-return": ["error", { allowImplicit: true }],
      "no-constructor-return": "error",
      "no-unreachable-loop": "error",
      radix: "error",
    },
  },
];
