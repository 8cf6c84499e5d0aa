filters: [a: "abc
, b: "d"]
hidden: yes
