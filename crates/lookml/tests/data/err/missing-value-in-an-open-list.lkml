filters: [a:
hidden: yes
