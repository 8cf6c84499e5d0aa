filters: [a: "x", b.c: "-y", d: e]
sorts: [a: desc]
