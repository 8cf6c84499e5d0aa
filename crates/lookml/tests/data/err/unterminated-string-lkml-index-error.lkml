label: "abc
