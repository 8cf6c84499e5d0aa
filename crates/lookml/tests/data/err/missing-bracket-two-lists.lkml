fields: [[a
label: "x"
hidden: yes
