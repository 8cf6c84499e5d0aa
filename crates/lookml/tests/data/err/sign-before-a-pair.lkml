filters: [- a: "x", b]
