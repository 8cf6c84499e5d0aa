fields [a, b]
hidden: yes
