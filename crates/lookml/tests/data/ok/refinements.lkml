view: +orders { label: "a" }
view: +orders { label: "b" }
explore: +orders {}
