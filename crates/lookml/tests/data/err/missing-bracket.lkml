view: v {
  fields: [a, b
  label: "x"
}
view: w {}
