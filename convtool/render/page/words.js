// All that the page says, a table a language.

export const WORDS = {
  en: {
    title: "{name}: one value at a time",
    about: "Rows {top} to {bottom} and columns {left} to {right} of {rows}x{cols} pixels, filtered as an image of its own.",
    aboutAll: "{rows}x{cols} pixels.",
    stages: "Stages", step: "One value", controls: "Steps",
    image: "image", whole: "the whole image; framed: the piece shown here",
    window: "window", kernel: "kernel", products: "products",
    input: "{what}, {rows}x{cols}", map: "map, {rows}x{cols}",
    inputSays: "{what}. The window of the value at row {row}, column {col} is framed. Arrow keys move it.",
    mapSays: "Map. Row {row}, column {col}: {value}. Arrow keys move.",
    weight: "weight, row {row}, column {col}",
    sum: "sum of the products", partial: "sum of the first {count}", divisor: "/ {number}", bias: "+ {number}",
    value: "value at row {row}, column {col}",
    max: "the largest", min: "the smallest", mean: "the mean", "pool-sum": "the sum", median: "the median", lp: "the {p}-norm",
    mode: "mode", op: "stage", preset: "kernel", own: "own weights", size: "size", stride: "stride",
    dilation: "dilation", padding: "padding", sides: "top, bottom, left, right", border: "border", fill: "fill",
    divide: "divisor", add_bias: "bias", slope: "slope", p: "p", global: "all of the image", ceil: "keep the last window",
    countPadding: "count padding", explicit: "by side", rows: "rows", cols: "columns",
    rowsOut: "rows: ({size} + {before} + {after} − {reach}) / {stride} + 1 = {output}",
    colsOut: "columns: ({size} + {before} + {after} − {reach}) / {stride} + 1 = {output}",
    cost: "Weights: {weights}. Multiply-adds: {adds}. A fully connected layer would have {connected} weights.",
    separable: "Separable: the column {column} times the row {row}, two passes with {two} weights in place of {all}.",
    pixels: "The map as pixels",
    flip: "Turn by 180°",
    editing: "Change stage {number}", earlier: "Earlier", later: "Later", remove: "Remove", add: "Add after it:",
    undo: "Undo", redo: "Redo", reset: "Back to the start", choose: "choose",
    previous: "previous value", next: "next value", play: "play", pause: "pause", scrub: "position", speed: "speed",
    terms: "term by term", channel: "channel",
    hint: "Point at a value or a weight to look; click to stay there. Arrow keys move; on a weight, up and down change it.",
    take: "Take it along", copy: "Copy", done: "Copied", toml: "The same as a file for convtool run",
    agrees: "agrees with convtool in {agree} of {of} values", differs: "The first that differs is at row {row}, column {col}.",
    changed: "Picture or stages were changed since: the comparison is of those that the page was made with.",
    file: "Your own picture (drop it here; it stays on this machine):", piece: "its piece from row, column",
    noPicture: "The file is no picture that this browser reads.",
    noAlpha: "The picture has transparency, which this page does not show.",
    elsewhere: "In the whole image this value is {value}: the window reaches past the piece shown here.",
    made: "Made by convtool {version}. The page asks for nothing from the network.",
    noFit: "A window of {window} does not fit into {image}: use a smaller window or padding same.",
    emptyWindow: "Some windows would hold no pixel: use less padding or dilation.",
    noGray: "An image of {channels} channels has no grey.",
    tooLarge: "A map of {size} is too large for this page.",
    before: "The numbers above are those before this change.",
    hatched: "hatched, in parentheses: border",
  },
  zh: {
    title: "{name}：逐个数值", about: "原图 {rows}x{cols} 像素中的第 {top} 至 {bottom} 行、第 {left} 至 {right} 列，作为一幅单独的图像来滤波。",
    aboutAll: "{rows}x{cols} 像素。",
    stages: "各级", step: "一个数值", controls: "步骤",
    image: "图像", whole: "整幅图像；框内为此处所示的部分",
    window: "窗口", kernel: "卷积核", products: "乘积",
    input: "{what}，{rows}x{cols}", map: "特征图，{rows}x{cols}",
    inputSays: "{what}。第 {row} 行第 {col} 列数值的窗口已框出。方向键移动窗口。",
    mapSays: "特征图。第 {row} 行第 {col} 列：{value}。方向键移动。",
    weight: "权重，第 {row} 行第 {col} 列",
    sum: "乘积之和", partial: "前 {count} 项之和", divisor: "/ {number}", bias: "+ {number}",
    value: "第 {row} 行第 {col} 列的值",
    max: "最大值", min: "最小值", mean: "平均值", "pool-sum": "总和", median: "中位数", lp: "{p} 范数",
    mode: "方式", op: "级", preset: "卷积核", own: "自定权重", size: "大小", stride: "步幅",
    dilation: "空洞", padding: "填充", sides: "上、下、左、右", border: "边界", fill: "填充值",
    divide: "除数", add_bias: "偏置", slope: "斜率", p: "p", global: "整幅图像", ceil: "保留最后的窗口",
    countPadding: "计入填充", explicit: "逐边", rows: "行", cols: "列",
    rowsOut: "行：({size} + {before} + {after} − {reach}) / {stride} + 1 = {output}",
    colsOut: "列：({size} + {before} + {after} − {reach}) / {stride} + 1 = {output}",
    cost: "权重：{weights}。乘加：{adds}。全连接层需要 {connected} 个权重。",
    separable: "可分离：列 {column} 乘行 {row}，两遍共 {two} 个权重，而非 {all} 个。",
    pixels: "特征图的像素",
    flip: "旋转 180°",
    editing: "更改第 {number} 级", earlier: "前移", later: "后移", remove: "删除", add: "在其后添加：",
    undo: "撤销", redo: "重做", reset: "恢复初始", choose: "选择",
    previous: "上一个值", next: "下一个值", play: "播放", pause: "暂停", scrub: "位置", speed: "速度",
    terms: "逐项", channel: "通道",
    hint: "指向数值或权重即可查看，点击则停留。方向键移动；在权重上，上下键改变其值。",
    take: "带走", copy: "复制", done: "已复制", toml: "同样内容，作为 convtool run 的文件",
    agrees: "与 convtool 一致：{of} 个值中的 {agree} 个", differs: "首个不同之处：第 {row} 行第 {col} 列。",
    changed: "此后图像或各级已更改：比较的是生成本页时的图像和各级。",
    file: "您自己的图像（可拖放到此处，不会离开本机）：", piece: "所示部分起于行、列",
    noPicture: "该文件不是此浏览器能读取的图像。",
    noAlpha: "图像含有透明度，本页不显示。",
    elsewhere: "在整幅图像中此值为 {value}：窗口超出了此处所示的部分。",
    made: "由 convtool {version} 生成。本页不访问网络。",
    noFit: "{window} 的窗口放不进 {image}：请用更小的窗口，或填充 same。",
    emptyWindow: "有些窗口不含任何像素：请减少填充或空洞。",
    noGray: "{channels} 个通道的图像没有灰度。",
    tooLarge: "{size} 的特征图对本页来说太大。",
    before: "上面的数字是更改之前的。",
    hatched: "斜线与括号：边界",
  },
};

/** Know the words of another page, too: a table a language. */
export function addWords(more) {
  for (const [name, words] of Object.entries(more)) Object.assign(WORDS[name], words);
}

let language = "en";

/** Speak a language from now on: "en" or "zh". */
export function speak(name) {
  language = name;
}

/** The words under a key, with the values put in. */
export function say(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
