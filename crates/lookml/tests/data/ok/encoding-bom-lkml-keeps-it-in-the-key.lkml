connection: "c"
