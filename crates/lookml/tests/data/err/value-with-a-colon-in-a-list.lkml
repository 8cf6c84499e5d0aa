filters: [a: b: "x", c: d]
