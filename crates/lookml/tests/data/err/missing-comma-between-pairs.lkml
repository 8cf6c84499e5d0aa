filters: [a: "x" b: "y"]
more: [
  a: "x"
  b: "y"
  c: "z"
]
