a: "say \"hi\""
b: "0.0\%"
c: "back\\"
d: ""
