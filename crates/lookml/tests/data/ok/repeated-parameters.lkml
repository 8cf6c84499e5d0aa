include: "a"
include: "b"
view: v { link: { url: "a" } link: { url: "b" } }
