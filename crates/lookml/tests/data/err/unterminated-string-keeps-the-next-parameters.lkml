view: v {
  label: "abc
  type: number
  description: "def"
  group_label: "g"
}
view: w { label: "x" }
