label: "abc
type: number
description: ""
hidden: yes
