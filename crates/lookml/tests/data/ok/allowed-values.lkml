parameter: p {
  allowed_value: { label: "A" value: "a" }
  allowed_value: { value: "b" }
}
access_grant: g { allowed_values: ["a", "b"] }
