fields: [a,
dimension: b {
  type: number
}
