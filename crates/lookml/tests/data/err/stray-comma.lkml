hidden: yes,
label: "x"
