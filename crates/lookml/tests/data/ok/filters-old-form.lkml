measure: m {
  filters: { field: a value: "x" }
  filters: { field: b.c value: "-y" }
}
