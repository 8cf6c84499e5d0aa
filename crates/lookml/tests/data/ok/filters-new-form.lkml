measure: m { filters: [a: "x", b.c: "y"] }
