link: {: label: "x" }
set: s { : fields: [a] }
