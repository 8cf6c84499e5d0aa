view: v { label: "x" }
