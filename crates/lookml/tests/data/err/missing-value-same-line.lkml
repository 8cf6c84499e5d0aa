hidden: type: number
